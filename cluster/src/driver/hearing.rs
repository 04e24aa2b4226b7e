//! What comes on the channels that this node listens to.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use downbeat_schemas::id::{NodeId, RoomId, ShardId};

use super::audience::{Audience, Change};
use super::channels::{Address, Pair};
use super::courier::Courier;
use super::orders::Orders;
use crate::Mailroom;
use crate::post::Answer;
use crate::post::letter::{Content, Letter};
use crate::post::pending::Waiting;
use crate::post::seen::Seen;
use crate::redis::Listener;

/// The listening half of the post. Lives on the driver's thread.
pub(super) struct Hearing {
    node: NodeId,
    listener: Listener,
    courier: Rc<Courier>,
    orders: Orders,
    mailroom: OnceCell<Arc<dyn Mailroom>>,
    inbox: RefCell<Pair>,
    audience: RefCell<Audience>,
    /// Questions of this node.
    pub(super) waiting: RefCell<Waiting>,
    seen: RefCell<Seen>,
    /// Letters that could not be read.
    malformed: Cell<u64>,
}

impl Hearing {
    pub(super) fn new(
        node: NodeId,
        listener: Listener,
        courier: Rc<Courier>,
        orders: Orders,
    ) -> Rc<Self> {
        let inbox = courier.pair(Address::Inbox(node));
        Rc::new(Self {
            node,
            listener,
            courier,
            orders,
            mailroom: OnceCell::new(),
            inbox: RefCell::new(inbox),
            audience: RefCell::default(),
            waiting: RefCell::default(),
            seen: RefCell::default(),
            malformed: Cell::new(0),
        })
    }

    /// Begins to listen to letters, which go there.
    pub(super) fn open(&self, mailroom: Arc<dyn Mailroom>) {
        if self.mailroom.set(mailroom).is_ok() {
            let inbox = self.inbox.borrow();
            std::iter::once(&inbox.first)
                .chain(&inbox.second)
                .for_each(|channel| self.listener.subscribe(channel));
        }
    }

    pub(super) fn mailroom(&self) -> Option<&Arc<dyn Mailroom>> {
        self.mailroom.get()
    }

    /// Hears for as long as the driver runs.
    pub(super) async fn run(self: Rc<Self>) {
        loop {
            let (channel, message) = self.listener.next().await;
            self.hear(&channel, &message);
        }
    }

    pub(super) fn join(&self, room: RoomId, shard: ShardId) {
        let pair = self.courier.pair(Address::Room(room));
        let change = self.audience.borrow_mut().join(room, shard, &pair);
        self.follow(&change);
    }

    pub(super) fn leave(&self, room: RoomId, shard: ShardId) {
        let change = self.audience.borrow_mut().leave(room, shard);
        self.follow(&change);
    }

    /// The masters have changed: listens where others will speak now.
    pub(super) fn repair(&self) {
        let pair_of = |room| self.courier.pair(Address::Room(room));
        let change = self.audience.borrow_mut().repair(pair_of);
        self.follow(&change);
        let inbox = self.courier.pair(Address::Inbox(self.node));
        let former = self.inbox.replace(inbox.clone());
        if self.mailroom.get().is_some() && former != inbox {
            for channel in former
                .second
                .iter()
                .filter(|_| former.second != inbox.second)
            {
                self.listener.unsubscribe(channel);
            }
            if let Some(channel) = &inbox.second {
                self.listener.subscribe(channel);
            }
        }
    }

    pub(super) fn malformed(&self) -> u64 {
        self.malformed.get()
    }

    /// Rooms of other nodes that shards listen to.
    pub(super) fn rooms(&self) -> usize {
        self.audience.borrow().rooms()
    }

    /// Whether what is said to a room now is heard here: by one of its channels, for who speaks on
    /// one that nobody hears goes on to the other.
    pub(super) fn hears(&self, room: RoomId) -> bool {
        self.audience.borrow().pair(room).is_none_or(|pair| {
            let is_heard = |channel: &Vec<u8>| self.listener.is_heard(channel);
            is_heard(&pair.first) || pair.second.as_ref().is_some_and(is_heard)
        })
    }

    /// Waits until it is.
    pub(super) async fn heard(&self, room: RoomId) {
        let pair = self.audience.borrow().pair(room).cloned();
        match pair {
            None => {}
            Some(Pair {
                first,
                second: None,
            }) => drop(self.listener.heard(&first).await),
            Some(Pair {
                first,
                second: Some(second),
            }) => tokio::select! {
                _ = self.listener.heard(&first) => {}
                _ = self.listener.heard(&second) => {}
            },
        }
    }

    fn follow(&self, change: &Change) {
        for channel in &change.subscribe {
            self.listener.subscribe(channel);
        }
        for channel in &change.leave {
            self.listener.unsubscribe(channel);
        }
    }

    fn hear(&self, channel: &[u8], message: &Bytes) {
        let Some(mailroom) = self.mailroom.get() else {
            return;
        };
        if let Some((room, shards)) = self.audience.borrow().of(channel) {
            for shard in shards {
                mailroom.frame(shard, room, message.clone());
            }
            return;
        }
        let is_mine = {
            let inbox = self.inbox.borrow();
            inbox.first == channel || inbox.second.as_deref() == Some(channel)
        };
        if is_mine {
            self.read(message, &**mailroom);
        }
    }

    fn read(&self, message: &Bytes, mailroom: &dyn Mailroom) {
        let letter = match Letter::decode(message) {
            Ok(letter) => letter,
            Err(error) => {
                self.malformed.update(|malformed| malformed + 1);
                return tracing::warn!("{error}");
            }
        };
        match letter.content {
            Content::Question {
                shard,
                number,
                body,
            } => {
                if self.seen.borrow_mut().note(letter.from, number) {
                    let answer = Answer::new(self.orders.clone(), letter.from, number);
                    mailroom.question(shard, body, answer);
                }
            }
            Content::Answer { number, body } => {
                let answer = body.ok_or(crate::AskError::NoAnswer);
                self.waiting.borrow_mut().answer(number, answer);
            }
            Content::Relay { shard, body } => mailroom.relay(shard, body),
        }
    }
}
