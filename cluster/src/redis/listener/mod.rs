//! Hears what is published on sharded channels.
//!
//! What is subscribed to is a set that is wanted; a task sees to it that each channel of it is
//! heard at the server that owns its slot, whatever happens to servers, slots and connections.
//! What is published while nobody listens there is not heard: a stream needs numbers of its own to
//! notice that.

mod ear;
mod placements;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::{Instant, sleep};

use self::ear::{Ear, Said, Sound};
use self::placements::{Orders, Placements, Scope};
use super::node::RedisNode;
use super::router::{MasterId, Router};
use super::task::Task;

/// A message: the channel, and what was published there.
pub(crate) type Heard = (Bytes, Bytes);

/// The sharded subscriptions of a node. Clones are the same listener; it ends with the last.
///
/// It lives on one thread, in a `LocalSet`.
#[derive(Clone)]
pub(crate) struct Listener(Rc<Inner>);

struct Inner {
    router: Router,
    placements: RefCell<Placements>,
    ears: RefCell<BTreeMap<RedisNode, Ear>>,
    sound: Arc<Sound>,
    /// Behind an async lock, for it is held while a message is waited for.
    messages: Mutex<mpsc::Receiver<Heard>>,
    confirmed: Notify,
    task: RefCell<Option<Task>>,
}

impl Listener {
    /// Listens to nothing yet.
    pub(crate) fn new(router: Router) -> Self {
        let limits = router.settings().limits;
        let (sender, receiver) = mpsc::channel(limits.heard_max);
        let timeout = Duration::from_millis(limits.subscribe_timeout_ms);
        let inner = Rc::new(Inner {
            placements: RefCell::new(Placements::new(timeout)),
            ears: RefCell::default(),
            sound: Arc::new(Sound::new(sender)),
            messages: Mutex::new(receiver),
            confirmed: Notify::new(),
            task: RefCell::default(),
            router,
        });
        let task = Task::begin(see_to_it(Rc::downgrade(&inner)));
        *inner.task.borrow_mut() = Some(task);
        Self(inner)
    }

    /// Wants to hear a channel. Again is nothing new.
    pub(crate) fn subscribe(&self, channel: &[u8]) {
        if self.0.placements.borrow_mut().want(channel) {
            self.0.sound.woken.notify_one();
        }
    }

    /// Wants to hear a channel no more: from now on [`next`](Self::next) returns none of it.
    pub(crate) fn unsubscribe(&self, channel: &[u8]) {
        if self.0.placements.borrow_mut().unwant(channel) {
            self.0.sound.woken.notify_one();
        }
    }

    /// The next message.
    pub(crate) async fn next(&self) -> Heard {
        let mut messages = self.0.messages.lock().await;
        loop {
            // We hold a sender: there is always another message, some time.
            let Some(heard) = messages.recv().await else {
                return std::future::pending().await;
            };
            if let Some(heard) = self.wanted(heard) {
                return heard;
            }
        }
    }

    /// The next message, if it is here already.
    #[cfg(test)]
    pub(crate) fn try_next(&self) -> Option<Heard> {
        let mut messages = self.0.messages.try_lock().ok()?;
        std::iter::from_fn(|| messages.try_recv().ok()).find_map(|heard| self.wanted(heard))
    }

    /// Whether the owner of the channel's slot has said that it will tell us.
    pub(crate) fn is_heard(&self, channel: &[u8]) -> bool {
        self.0.placements.borrow().is_confirmed(channel)
    }

    /// Waits until a channel is heard; false if it is not wanted any more.
    pub(crate) async fn heard(&self, channel: &[u8]) -> bool {
        loop {
            let confirmed = self.0.confirmed.notified();
            if self.is_heard(channel) {
                return true;
            }
            if !self.0.placements.borrow().is_wanted(channel) {
                return false;
            }
            confirmed.await;
        }
    }

    fn wanted(&self, heard: Heard) -> Option<Heard> {
        let is_wanted = self.0.placements.borrow().is_wanted(&heard.0);
        is_wanted.then_some(heard)
    }
}

impl Inner {
    /// Takes in what the connections said; whether all channels have to be looked at.
    fn take_in(&self) -> bool {
        let mut is_new = false;
        let mut is_lost = false;
        let mut placements = self.placements.borrow_mut();
        for (node, said) in self.sound.take() {
            match said {
                Said::Up => is_new = true,
                Said::Down => {
                    placements.down(&node);
                    is_new = true;
                }
                Said::Subscribed(channel) => placements.confirmed(&node, &channel),
                Said::Unsubscribed(channel) => is_lost |= placements.lost(&node, &channel),
            }
        }
        drop(placements);
        if is_lost {
            // The slot has moved.
            self.router.inner().look_soon();
        }
        self.count();
        self.confirmed.notify_waiters();
        is_new
    }

    fn count(&self) {
        let heard = self.sound.heard.swap(0, Ordering::Relaxed);
        let unheard = self.sound.unheard.swap(0, Ordering::Relaxed);
        self.router.inner().counter.add(|counts| {
            counts.heard += heard;
            counts.unheard += unheard;
        });
    }

    /// Asks for what is wanted and not heard, and the other way round.
    fn ask(&self, scope: Scope) {
        let orders = {
            let ears = self.ears.borrow();
            let owner = |channel: &[u8]| {
                let owner = self.router.master_of(channel);
                owner.map(|MasterId(node)| node)
            };
            let is_up = |node: &RedisNode| ears.get(node).is_some_and(Ear::is_up);
            let mut placements = self.placements.borrow_mut();
            placements.plan(scope, Instant::now(), owner, is_up)
        };
        let again = orders.again;
        let counter = &self.router.inner().counter;
        counter.add(|counts| counts.resubscribed += again);
        self.carry_out(orders, scope);
    }

    fn carry_out(&self, orders: Orders, scope: Scope) {
        let mut ears = self.ears.borrow_mut();
        for (node, orders) in orders.orders {
            if let Some(ear) = ears.get(&node) {
                ear.send(orders, &self.router);
            }
        }
        if scope == Scope::All {
            ears.retain(|node, _| orders.needed.contains(node));
        }
        for node in orders.needed {
            let begin = || Ear::begin(node.clone(), self.router.inner(), &self.sound);
            ears.entry(node.clone()).or_insert_with(begin);
        }
    }
}

/// The task that sees to it that what is wanted is heard.
async fn see_to_it(listener: Weak<Inner>) {
    let Some(inner) = listener.upgrade() else {
        return;
    };
    let sound = inner.sound.clone();
    let mut changes = inner.router.changes();
    let look_every = Duration::from_millis(inner.router.settings().limits.subscribe_timeout_ms / 2);
    drop(inner);
    loop {
        let mut is_all = false;
        tokio::select! {
            () = sound.woken.notified() => {}
            _ = changes.changed() => is_all = true,
            () = sleep(look_every) => is_all = true,
        }
        let Some(inner) = listener.upgrade() else {
            return;
        };
        is_all |= inner.take_in();
        inner.ask(if is_all { Scope::All } else { Scope::Changed });
    }
}
