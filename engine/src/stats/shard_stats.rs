//! What is counted on one shard.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_core::host;
use downbeat_schemas::time::Timestamp;
use hdrhistogram::Counter;

use super::relay_stats::RelayStats;
use super::room_stats::RoomStats;

/// What a shard counted since it last handed over; with wider counters, since its start.
#[derive(Clone, Debug)]
pub(crate) struct ShardStats<C: Counter = u32> {
    pub(crate) now: Gauges,
    pub(crate) total: Counters,
    pub(crate) relay: RelayStats,
    /// Times each limit was hit, by its name.
    pub(crate) limits_hit: BTreeMap<&'static str, u64>,
    /// Those who were refused a seat, by the code they were told.
    pub(crate) rejects: BTreeMap<u16, u64>,
    /// By room type.
    pub(crate) rooms: BTreeMap<String, RoomStats<C>>,
}

/// What a shard holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauges {
    /// When it handed over.
    pub(crate) at: Timestamp,
    pub(crate) connections: u64,
    pub(crate) jobs: u64,
    /// Clients here whose room another node owns, and how many rooms those are.
    pub(crate) edge_clients: u64,
    pub(crate) edge_rooms: u64,
    /// Clients of rooms here whose sockets another node holds.
    pub(crate) relayed_clients: u64,
    /// Processor time of the shard's thread since its start, as the kernel counts it.
    pub(crate) cpu: Duration,
}

/// What a shard did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Time in which it was not at rest, by the clock.
    pub(crate) busy: Duration,
    pub(crate) connections: u64,
    pub(crate) http_requests: u64,
    pub(crate) received_messages: u64,
    pub(crate) sent_messages: u64,
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) resyncs: u64,
    pub(crate) protocol_errors: u64,
}

impl<C: Counter> Default for ShardStats<C> {
    fn default() -> Self {
        Self {
            now: Gauges::default(),
            total: Counters::default(),
            relay: RelayStats::default(),
            limits_hit: BTreeMap::new(),
            rejects: BTreeMap::new(),
            rooms: BTreeMap::new(),
        }
    }
}

impl<C: Counter> ShardStats<C> {
    /// Counts a limit that was hit. The name is the field's name in `Limits`.
    pub(crate) fn limit_hit(&mut self, limit: &'static str) {
        self.limits_hit_by(limit, 1);
    }

    /// Counts a limit that was hit `times` times.
    pub(crate) fn limits_hit_by(&mut self, limit: &'static str, times: u64) {
        if times > 0 {
            *self.limits_hit.entry(limit).or_default() += times;
        }
    }

    /// Counts somebody who was refused a seat with this code.
    pub(crate) fn rejected(&mut self, code: u16) {
        self.rejected_by(code, 1);
    }

    /// What is counted of the rooms of a type.
    pub(crate) fn room(&mut self, room_type: &str) -> &mut RoomStats<C> {
        if !self.rooms.contains_key(room_type) {
            self.rooms
                .insert(room_type.to_owned(), RoomStats::default());
        }
        self.rooms
            .get_mut(room_type)
            .expect("it was put in if it was missing")
    }

    /// No room and no client is there until they are counted anew.
    pub(crate) fn forget_rooms(&mut self) {
        for room in self.rooms.values_mut() {
            (room.rooms, room.clients) = (0, 0);
        }
    }

    /// Takes over what a room of this type has counted.
    pub(crate) fn take(&mut self, room_type: &str, counters: &host::Counters) {
        // What the room dropped at its inbox, of clients or topics, was counted as it came.
        let hits = counters.hits;
        self.limits_hit_by("events_bytes_max", counters.events_dropped);
        self.limits_hit_by("topics_max", counters.topics_refused);
        self.limits_hit_by("presence_key_bytes_max", counters.topics_too_long);
        self.limits_hit_by("presence_message_bytes_max", counters.published_too_large);
        self.limits_hit_by("seat_reservation_ms", counters.reservations_expired);
        self.limits_hit_by("rows_max", hits.rows_max);
        self.limits_hit_by("groups_max", hits.groups_max);
        self.limits_hit_by("watches_max", hits.watches_max);
        self.limits_hit_by("patch_bytes_max", hits.patch_bytes_max);
        self.rejected_by(
            downbeat_schemas::close::CloseCode::JoinRefused.code(),
            counters.joins_refused,
        );
        self.room(room_type).take(counters);
    }

    fn rejected_by(&mut self, code: u16, times: u64) {
        if times > 0 {
            *self.rejects.entry(code).or_default() += times;
        }
    }

    /// Forgets all counts; the memory stays, for a shard counts the same again.
    pub(super) fn clear(&mut self) {
        self.now = Gauges::default();
        self.total = Counters::default();
        self.relay = RelayStats::default();
        self.limits_hit.clear();
        self.rejects.clear();
        for room in self.rooms.values_mut() {
            room.clear();
        }
    }
}

impl ShardStats<u64> {
    /// Adds what was counted since, and replaces what there is now.
    pub(super) fn absorb<C: Counter>(&mut self, since: &ShardStats<C>) {
        self.now = since.now;
        self.total.absorb(&since.total);
        self.relay.absorb(&since.relay);
        for (limit, times) in &since.limits_hit {
            self.limits_hit_by(limit, *times);
        }
        for (code, times) in &since.rejects {
            self.rejected_by(*code, *times);
        }
        for (room_type, room) in &since.rooms {
            self.room(room_type).absorb(room);
        }
    }
}

impl Counters {
    fn absorb(&mut self, since: &Self) {
        self.busy += since.busy;
        self.connections += since.connections;
        self.http_requests += since.http_requests;
        self.received_messages += since.received_messages;
        self.sent_messages += since.sent_messages;
        self.received_bytes += since.received_bytes;
        self.sent_bytes += since.sent_bytes;
        self.resyncs += since.resyncs;
        self.protocol_errors += since.protocol_errors;
    }
}
