//! The rooms of a shard and when they are due.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use downbeat_cluster::{Filter, Hold, Ticket};
use downbeat_core::host::AnyRoom;
use downbeat_core::record::Recorder;
use downbeat_schemas::id::{ConnectionId, Epoch, RoomId};
use downbeat_schemas::time::Timestamp;
use slab::Slab;

use super::hubs::Relayed;
use super::monitoring::RoomMeter;
use crate::link::Tally;
use crate::server::definition::RoomDefinition;

/// A room on this shard. Rises with each room, so that no late event reaches another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomKey {
    index: u32,
    number: u32,
}

/// A room with what the shard keeps beside it.
pub(super) struct RoomSlot {
    pub(super) room: Recorder,
    pub(super) definition: Arc<RoomDefinition>,
    pub(super) filter: Filter,
    pub(super) created_at: Timestamp,
    /// What it hears, as the shard knows it.
    pub(super) topics: Vec<Arc<str>>,
    /// Seats reserved here that the registry does not count yet.
    pub(super) holds: Vec<Hold>,
    /// What it was created with, until the registry knows the room.
    pub(super) ticket: Option<Ticket>,
    /// Its clients whose sockets other nodes hold, if there are any.
    pub(super) relayed: Option<Box<Relayed>>,
    /// Rises with each owner.
    pub(super) epoch: Epoch,
    /// Connections in the room, while they are counted.
    pub(super) clients: u64,
    /// How it did since the monitor last asked.
    pub(super) tally: Tally,
    /// Its own ticks, while somebody looks at them.
    pub(super) meter: Option<RoomMeter>,
    /// Whether the room is to be recorded.
    pub(super) is_recorded: bool,
    /// Connections that are read at each tick instead of being watched.
    pub(super) regulars: Vec<ConnectionId>,
    #[cfg(feature = "cli")]
    pub(super) puppets: Option<Box<super::puppets::Puppets>>,
    number: u32,
    /// The deadline that is in the heap.
    queued: Timestamp,
}

/// All rooms of a shard.
pub(super) struct Rooms {
    slots: Slab<RoomSlot>,
    by_id: BTreeMap<RoomId, RoomKey>,
    due: BinaryHeap<Reverse<(Timestamp, RoomKey)>>,
    created: u32,
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}

impl Rooms {
    pub(super) const fn new() -> Self {
        Self {
            slots: Slab::new(),
            by_id: BTreeMap::new(),
            due: BinaryHeap::new(),
            created: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many rooms there were before: spreads the phases of the next.
    pub(super) const fn created(&self) -> u32 {
        self.created
    }

    pub(super) fn insert(
        &mut self,
        room: Recorder,
        definition: Arc<RoomDefinition>,
        filter: Filter,
        created_at: Timestamp,
    ) -> RoomKey {
        self.created = self.created.wrapping_add(1);
        let id = room.room_id();
        let slot = RoomSlot {
            room,
            definition,
            filter,
            created_at,
            topics: Vec::new(),
            holds: Vec::new(),
            ticket: None,
            relayed: None,
            epoch: Epoch::FIRST,
            clients: 0,
            tally: Tally::default(),
            meter: None,
            is_recorded: false,
            regulars: Vec::new(),
            #[cfg(feature = "cli")]
            puppets: None,
            number: self.created,
            queued: Timestamp::NEVER,
        };
        let index = self.slots.insert(slot);
        let key = RoomKey {
            index: u32::try_from(index).expect("rooms_max fits in 32 bits"),
            number: self.created,
        };
        self.by_id.insert(id, key);
        self.queue(key);
        key
    }

    pub(super) fn remove(&mut self, key: RoomKey) -> Option<RoomSlot> {
        self.find_mut(key)?;
        let slot = self.slots.remove(key.index as usize);
        self.by_id.remove(&slot.room.room_id());
        Some(slot)
    }

    pub(super) fn key(&self, room: RoomId) -> Option<RoomKey> {
        self.by_id.get(&room).copied()
    }

    pub(super) fn keys(&self) -> Vec<RoomKey> {
        self.by_id.values().copied().collect()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut RoomSlot> {
        self.slots.iter_mut().map(|(_, slot)| slot)
    }

    pub(super) fn find_mut(&mut self, key: RoomKey) -> Option<&mut RoomSlot> {
        let slot = self.slots.get_mut(key.index as usize)?;
        (slot.number == key.number).then_some(slot)
    }

    /// Puts the room's deadline into the heap, if it is not the one that is there.
    pub(super) fn queue(&mut self, key: RoomKey) {
        let Some(slot) = self.find_mut(key) else {
            return;
        };
        let deadline = slot.room.deadline();
        if deadline != slot.queued && deadline != Timestamp::NEVER {
            slot.queued = deadline;
            self.due.push(Reverse((deadline, key)));
        }
    }

    /// The earliest deadline.
    pub(super) fn next_deadline(&self) -> Timestamp {
        self.due.peek().map_or(Timestamp::NEVER, |next| next.0.0)
    }

    /// Takes the room whose deadline came first, if it has come.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<RoomKey> {
        while self.next_deadline() <= now {
            let Reverse((deadline, key)) = self.due.pop()?;
            // Rooms that ended, or moved their deadline, leave stale entries behind.
            if self
                .find_mut(key)
                .is_some_and(|slot| slot.queued == deadline)
            {
                return Some(key);
            }
        }
        None
    }
}
