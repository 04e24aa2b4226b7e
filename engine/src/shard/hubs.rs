//! Rooms whose clients play through other nodes: the owner's side.
//!
//! A relayed client is to its room what any client is: a connection. What the room says to it goes
//! into the room's frame, which all edges get once.

mod ended;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use downbeat_cluster::Post;
use downbeat_cluster::relay::{Hub, OwnerCounters, Refusal, Turn, Up};
use downbeat_core::host::{AnyRoom, SeatIndex};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, Epoch, NodeId, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::RoomKey;

/// The upper half of the ids of relayed connections. No socket has it: see
/// [`Sockets::insert`](super::sockets::Sockets::insert).
const RELAYED: u64 = u32::MAX as u64;
/// Ids of the lower half: the others belong to [puppets](super::puppets).
const NUMBERS: u32 = 1 << 31;

/// The relayed clients of one room.
#[derive(Debug)]
pub(super) struct Relayed {
    hub: Hub,
    seats: BTreeMap<ConnectionId, SeatIndex>,
    /// The time in the queue of hubs that are due.
    queued: Timestamp,
}

/// The hubs of a shard: which are due when, and those of rooms that have ended, whose last words are
/// still to be heard.
#[derive(Debug, Default)]
pub(super) struct Hubs {
    due: BTreeSet<(Timestamp, RoomId)>,
    ended: BTreeMap<RoomId, Box<Relayed>>,
    connections: u32,
    /// Scratch memory.
    frames: Vec<Bytes>,
    turns: Vec<Turn>,
}

impl Relayed {
    fn new(room: RoomId, epoch: Epoch, limits: &Limits) -> Self {
        Self {
            hub: Hub::new(room, epoch, limits),
            seats: BTreeMap::new(),
            queued: Timestamp::NEVER,
        }
    }

    /// Says something to a relayed client.
    pub(super) fn send(&mut self, to: ConnectionId, parts: &[Part<'_>]) -> bool {
        self.hub.send(to, parts)
    }

    /// Says the last word to a relayed client.
    pub(super) fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str) {
        self.seats.remove(&to);
        self.hub.close(to, code, reason);
    }

    pub(super) fn take_counters(&mut self) -> OwnerCounters {
        self.hub.take_counters()
    }

    /// How many there are.
    pub(super) fn clients(&self) -> usize {
        self.seats.len()
    }
}

/// Whether a connection is a client's at another node.
pub(super) const fn is_relayed(connection: ConnectionId) -> bool {
    connection.0 >> 32 == RELAYED
}

impl Hubs {
    /// When the first of them has something to say.
    pub(super) fn next_due(&self) -> Timestamp {
        self.due.first().map_or(Timestamp::NEVER, |first| first.0)
    }

    /// Whether all edges have heard the end of rooms that have ended.
    pub(super) fn are_settled(&self) -> bool {
        self.ended.is_empty()
    }

    /// Forgets all of them: the rooms are others'.
    pub(super) fn forget(&mut self) {
        self.due.clear();
        self.ended.clear();
    }

    fn next_connection(connections: &mut u32) -> ConnectionId {
        *connections = (*connections + 1) % NUMBERS;
        ConnectionId(RELAYED << 32 | u64::from(*connections))
    }

    fn queue(&mut self, room: RoomId, relayed: &mut Relayed) {
        let deadline = relayed.hub.deadline();
        if deadline == relayed.queued {
            return;
        }
        self.due.remove(&(relayed.queued, room));
        relayed.queued = deadline;
        if deadline != Timestamp::NEVER {
            self.due.insert((deadline, room));
        }
    }
}

impl Shard {
    /// Takes a letter of an edge.
    pub(super) fn hear_edge(&mut self, letter: &Bytes, now: Timestamp) {
        let up = match Up::decode(letter) {
            Ok(up) => up,
            Err(error) => {
                self.stats.relay.malformed += 1;
                return tracing::warn!("an edge sends what is no letter of the relay: {error}");
            }
        };
        let room = up.head.room;
        let Some(key) = self.rooms.key(room) else {
            return self.hear_of_ended(room, &up, now);
        };
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let (epoch, limits) = (slot.epoch, &*self.limits);
        let relayed = slot
            .relayed
            .get_or_insert_with(|| Box::new(Relayed::new(room, epoch, limits)));
        let mut turns = std::mem::take(&mut self.hubs.turns);
        let connections = &mut self.hubs.connections;
        let mut next_id = || Hubs::next_connection(connections);
        match relayed.hub.accept(now, &up, &mut next_id, &mut turns) {
            Ok(()) => {}
            Err(error @ Refusal::LaterOwner(_)) => tracing::error!(%room, "{error}"),
            Err(error) => tracing::debug!(%room, "{error}"),
        }
        self.apply(key, &mut turns, now);
        self.hubs.turns = turns;
        self.flush_frames(key, now);
    }

    /// Publishes what a room has for its edges.
    pub(super) fn flush_frames(&mut self, key: RoomKey, now: Timestamp) {
        if !self.may_tick(self.clock.now()) {
            return;
        }
        let Some(post) = &self.desk.node.post else {
            return;
        };
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let room = slot.room.room_id();
        if let Some(relayed) = &mut slot.relayed {
            publish(relayed, room, post, &mut self.hubs, now);
        }
    }

    /// Serves the hubs that have something to say without their room.
    pub(super) fn serve_due_hubs(&mut self, now: Timestamp) {
        while let Some(&(due, room)) = self.hubs.due.first()
            && due <= now
        {
            self.hubs.due.pop_first();
            match self.rooms.key(room) {
                Some(key) => self.serve_hub(key, now),
                None => self.serve_ended(room, now),
            }
        }
    }

    fn serve_hub(&mut self, key: RoomKey, now: Timestamp) {
        let mut turns = std::mem::take(&mut self.hubs.turns);
        if let Some(slot) = self.rooms.find_mut(key)
            && let Some(relayed) = &mut slot.relayed
        {
            relayed.queued = Timestamp::NEVER;
            relayed.hub.expire(now, &mut turns);
        }
        self.apply(key, &mut turns, now);
        self.hubs.turns = turns;
        self.flush_frames(key, now);
        self.after_room(key);
    }

    /// The edges of a dead node are silent for good.
    pub(super) fn lose_edge(&mut self, node: NodeId, now: Timestamp) {
        for key in self.rooms.keys() {
            let mut turns = std::mem::take(&mut self.hubs.turns);
            if let Some(slot) = self.rooms.find_mut(key)
                && let Some(relayed) = &mut slot.relayed
            {
                relayed.hub.lose_node(now, node, &mut turns);
            }
            self.apply(key, &mut turns, now);
            self.hubs.turns = turns;
            self.flush_frames(key, now);
        }
        let ended: Vec<RoomId> = self.hubs.ended.keys().copied().collect();
        for room in ended {
            if let Some(mut relayed) = self.hubs.ended.remove(&room) {
                relayed.hub.lose_node(now, node, &mut Vec::new());
                self.publish_ended(room, relayed, now);
            }
        }
    }

    /// Edges were not heard while this node was out of touch: they get their time anew.
    pub(super) fn thaw_hubs(&mut self, now: Timestamp) {
        for slot in self.rooms.iter_mut() {
            if let Some(relayed) = &mut slot.relayed {
                relayed.hub.thaw(now);
            }
        }
    }
}

fn publish(relayed: &mut Relayed, room: RoomId, post: &Post, hubs: &mut Hubs, now: Timestamp) {
    relayed.hub.flush(now, &mut hubs.frames);
    for frame in hubs.frames.drain(..) {
        post.publish(room, frame);
    }
    hubs.queue(room, relayed);
}
