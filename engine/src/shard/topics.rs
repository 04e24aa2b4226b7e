//! The topics that the rooms of a shard hear: one ear for all of them, one attachment for each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downbeat_core::host::{AnyRoom, Received};
use downbeat_presence::{Attachment, Ear, Presence};
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::RoomKey;
use crate::link::{Command, ShardLink};

/// Messages that one command brings to rooms, each room counted: the rest waits until the due rooms
/// have ticked.
const DELIVERIES_PER_COMMAND: usize = 16_384;

/// Who hears what.
#[derive(Debug)]
pub(super) struct Topics {
    presence: Presence,
    inbox: Arc<Inbox>,
    heard: BTreeMap<Arc<str>, Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// None while presence refuses it, at a limit.
    attachment: Option<Attachment>,
    rooms: BTreeSet<RoomKey>,
}

impl Topics {
    pub(super) fn new(presence: Presence, link: ShardLink, waiting_max: u64) -> Self {
        let inbox = Inbox {
            waiting: Mutex::default(),
            waiting_max,
            link,
        };
        Self {
            presence,
            inbox: Arc::new(inbox),
            heard: BTreeMap::new(),
        }
    }

    /// A room hears these topics from now on, and none of those that it heard before.
    fn follow(&mut self, key: RoomKey, former: &[Arc<str>], wanted: &[Arc<str>]) {
        for topic in former.iter().filter(|topic| !wanted.contains(topic)) {
            self.unhear(key, topic);
        }
        for topic in wanted {
            let heard = self.heard.entry(Arc::clone(topic)).or_default();
            heard.rooms.insert(key);
            heard.attach(&self.presence, topic, &self.inbox);
        }
    }

    fn unhear(&mut self, key: RoomKey, topic: &str) {
        if let Some(heard) = self.heard.get_mut(topic) {
            heard.rooms.remove(&key);
            if heard.rooms.is_empty() {
                self.heard.remove(topic);
            }
        }
    }

    /// Once a second: what presence refused may have room now.
    pub(super) fn try_again(&mut self) {
        for (topic, heard) in &mut self.heard {
            heard.attach(&self.presence, topic, &self.inbox);
        }
    }
}

impl Heard {
    fn attach(&mut self, presence: &Presence, topic: &str, inbox: &Arc<Inbox>) {
        if self.attachment.is_none() {
            let ear = Arc::clone(inbox) as Arc<dyn Ear>;
            // The limit is counted by presence.
            self.attachment = presence.attach(topic, ear).ok();
        }
    }
}

/// Messages on their way to the shard. A flood of them fills this and not the queue of commands:
/// at most one command is under way.
#[derive(Debug)]
struct Inbox {
    waiting: Mutex<Waiting>,
    waiting_max: u64,
    link: ShardLink,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Message>,
    dropped: u64,
    is_announced: bool,
}

/// A topic and a payload.
type Message = (Arc<str>, Arc<[u8]>);

impl Ear for Inbox {
    fn hear(&self, topic: &Arc<str>, payload: &Arc<[u8]>) {
        let mut waiting = self.lock();
        if waiting.messages.len() as u64 >= self.waiting_max {
            waiting.dropped += 1;
            return;
        }
        let message = (Arc::clone(topic), Arc::clone(payload));
        waiting.messages.push_back(message);
        let is_first = !std::mem::replace(&mut waiting.is_announced, true);
        drop(waiting);
        if is_first {
            self.announce();
        }
    }
}

impl Inbox {
    /// If the shard does not take the word now, the next message brings it again.
    fn announce(&self) {
        if self.link.send(Command::Hear).is_err() {
            self.lock().is_announced = false;
        }
    }

    /// The next message; at the end, the next one is to be announced.
    fn next(&self) -> Option<Message> {
        let mut waiting = self.lock();
        let message = waiting.messages.pop_front();
        waiting.is_announced &= message.is_some();
        message
    }

    fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// A panic under the lock has been reported; what it left is a queue.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Hears what a room wants to hear, if that changed.
    pub(super) fn follow_topics(&mut self, key: RoomKey) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let Some(topics) = slot.room.topics() else {
            return;
        };
        let topics: Vec<Arc<str>> = topics.into_iter().map(Arc::from).collect();
        self.topics.follow(key, &slot.topics, &topics);
        slot.topics = topics;
    }

    /// Hears nothing any more for a room that is gone.
    pub(super) fn forget_topics(&mut self, key: RoomKey, topics: &[Arc<str>]) {
        self.topics.follow(key, topics, &[]);
    }

    /// Brings messages of topics to the rooms that hear them, for their next tick.
    pub(super) fn hear_topics(&mut self, now: Timestamp) {
        let inbox = Arc::clone(&self.topics.inbox);
        let dropped = inbox.take_dropped();
        self.stats.limits_hit_by("topic_messages_max", dropped);
        let mut delivered = 0;
        while let Some((topic, payload)) = inbox.next() {
            delivered += 1 + self.bring(&topic, &payload, now);
            if delivered >= DELIVERIES_PER_COMMAND {
                return inbox.announce();
            }
        }
    }

    fn bring(&mut self, topic: &str, payload: &[u8], now: Timestamp) -> usize {
        let Some(heard) = self.topics.heard.get(topic) else {
            return 0;
        };
        for key in &heard.rooms {
            let Some(slot) = self.rooms.find_mut(*key) else {
                continue;
            };
            if let Received::Dropped(limit) = slot.room.hear(now, topic, payload) {
                self.stats.limit_hit(limit);
            }
        }
        heard.rooms.len()
    }
}
