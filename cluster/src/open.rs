//! The rooms that can be joined, in every order that is asked for.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::id::RoomId;

use crate::sort::Rank;
use crate::{RoomRecord, SortBy};

/// An index per order, so that the first room is found in O(log rooms).
#[derive(Debug)]
pub(crate) struct OpenRooms {
    /// Always holds the default order.
    orders: BTreeMap<SortBy, BTreeSet<Rank>>,
}

impl OpenRooms {
    pub(crate) fn new() -> Self {
        Self {
            orders: BTreeMap::from([(SortBy::default(), BTreeSet::new())]),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.orders.values().all(BTreeSet::is_empty)
    }

    /// Adds a room with `taken` of its seats taken or held.
    pub(crate) fn insert(&mut self, record: &RoomRecord, taken: u32) {
        for (sort_by, ranks) in &mut self.orders {
            ranks.insert(sort_by.rank(record, taken));
        }
    }

    /// Removes a room that was added with these very values.
    pub(crate) fn remove(&mut self, record: &RoomRecord, taken: u32) {
        for (sort_by, ranks) in &mut self.orders {
            let was_there = ranks.remove(&sort_by.rank(record, taken));
            assert!(was_there, "an open room is in every order");
        }
    }

    /// The first room that is not excluded. Rooms are walked past only if they are excluded.
    pub(crate) fn first(&self, sort_by: &SortBy, exclude: &[RoomId]) -> Option<RoomId> {
        let ranks = self.orders.get(sort_by)?;
        let mut rooms = ranks.iter().map(|rank| rank.room);
        rooms.find(|room| !exclude.contains(room))
    }

    /// Whether [`first`](Self::first) knows this order.
    pub(crate) fn knows(&self, sort_by: &SortBy) -> bool {
        self.orders.contains_key(sort_by)
    }

    /// Learns an order from all open rooms and the seats taken in each.
    pub(crate) fn learn<'a>(
        &mut self,
        sort_by: &SortBy,
        open: impl Iterator<Item = (&'a RoomRecord, u32)>,
    ) {
        let ranks = open.map(|(record, taken)| sort_by.rank(record, taken));
        self.orders.insert(sort_by.clone(), ranks.collect());
    }
}
