//! What is around a test room: a presence under the fake clock, and the topics that it hears.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_presence::testing::FakeClock;
use downbeat_presence::{Attachment, Ear, Presence};
use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::host::AnyRoom;
use crate::surroundings::surrounded;

/// Shared by the rooms that are beside each other.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) presence: Presence,
    clock: FakeClock,
    rooms: Rc<Cell<u64>>,
}

impl Around {
    pub(super) fn new(limits: &Limits) -> Self {
        let clock = FakeClock::default();
        let shown = clock.clone();
        Self {
            presence: Presence::embedded(limits, move || shown.now()),
            clock,
            rooms: Rc::default(),
        }
    }

    pub(super) fn draw_room(&self) -> RoomId {
        self.rooms.set(self.rooms.get() + 1);
        RoomId(self.rooms.get())
    }

    /// Runs the code of a room.
    pub(super) fn run<T>(&self, now: Timestamp, run: impl FnOnce() -> T) -> T {
        self.clock.advance_to(now);
        surrounded(self.presence.clone(), run)
    }
}

/// The topics of one room, as a shard keeps them.
#[derive(Default)]
pub(super) struct Hearing {
    queue: Arc<Queue>,
    attachments: BTreeMap<String, Attachment>,
}

/// A topic and a payload.
type Message = (Arc<str>, Arc<[u8]>);

#[derive(Default)]
struct Queue(Mutex<VecDeque<Message>>);

impl Ear for Queue {
    fn hear(&self, topic: &Arc<str>, payload: &Arc<[u8]>) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back((Arc::clone(topic), Arc::clone(payload)));
    }
}

impl Hearing {
    /// Brings the room what was published since the last call.
    pub(super) fn bring(&self, room: &mut dyn AnyRoom, now: Timestamp) {
        let queue = &self.queue.0;
        let waiting = std::mem::take(&mut *queue.lock().unwrap_or_else(PoisonError::into_inner));
        for (topic, payload) in waiting {
            room.hear(now, &topic, &payload);
        }
    }

    /// Hears what the room wants to hear.
    pub(super) fn follow(&mut self, room: &mut dyn AnyRoom, presence: &Presence) {
        let Some(topics) = room.topics() else { return };
        self.attachments.retain(|topic, _| topics.contains(topic));
        for topic in topics {
            let ear = Arc::clone(&self.queue) as Arc<dyn Ear>;
            self.attachments.entry(topic).or_insert_with_key(|topic| {
                let attachment = presence.attach(topic, ear);
                attachment.expect("a test has fewer topics than presence_subscriptions_max")
            });
        }
    }
}
