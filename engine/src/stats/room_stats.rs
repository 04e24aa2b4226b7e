//! What is counted of the rooms of one type.

use downbeat_core::host::{self, PatchSizes};
use hdrhistogram::Counter;

use super::tick_meter::TickMeter;

/// The rooms of one type on one shard.
#[derive(Clone, Debug)]
pub(crate) struct RoomStats<C: Counter> {
    /// How many there are now.
    pub(crate) rooms: u64,
    /// Clients with a connection in them now.
    pub(crate) clients: u64,
    pub(crate) ticks: TickMeter<C>,
    pub(crate) patches: PatchSizes,
    pub(crate) total: RoomCounters,
}

/// What happened in them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoomCounters {
    pub(crate) created: u64,
    pub(crate) panics: u64,
    pub(crate) joins: u64,
    pub(crate) leaves: u64,
    pub(crate) reconnections: u64,
    pub(crate) inputs: u64,
    pub(crate) events: u64,
    pub(crate) messages: u64,
    pub(crate) published: u64,
}

impl<C: Counter> Default for RoomStats<C> {
    fn default() -> Self {
        Self {
            rooms: 0,
            clients: 0,
            ticks: TickMeter::default(),
            patches: PatchSizes::default(),
            total: RoomCounters::default(),
        }
    }
}

impl<C: Counter> RoomStats<C> {
    /// Takes over what one room has counted.
    pub(super) fn take(&mut self, counters: &host::Counters) {
        self.patches.absorb(&counters.patches);
        self.total.absorb(&RoomCounters {
            created: 0,
            panics: counters.panics,
            joins: counters.joins,
            leaves: counters.leaves,
            reconnections: counters.reconnections,
            inputs: counters.inputs,
            events: counters.events,
            messages: counters.messages,
            published: counters.published,
        });
    }

    pub(super) fn clear(&mut self) {
        (self.rooms, self.clients) = (0, 0);
        self.ticks.clear();
        self.patches = PatchSizes::default();
        self.total = RoomCounters::default();
    }
}

impl RoomStats<u64> {
    /// Adds what was counted since, and replaces what there is now.
    pub(super) fn absorb<C: Counter>(&mut self, since: &RoomStats<C>) {
        (self.rooms, self.clients) = (since.rooms, since.clients);
        self.ticks.absorb(&since.ticks);
        self.patches.absorb(&since.patches);
        self.total.absorb(&since.total);
    }
}

impl RoomCounters {
    fn absorb(&mut self, since: &Self) {
        self.created += since.created;
        self.panics += since.panics;
        self.joins += since.joins;
        self.leaves += since.leaves;
        self.reconnections += since.reconnections;
        self.inputs += since.inputs;
        self.events += since.events;
        self.messages += since.messages;
        self.published += since.published;
    }
}
