//! What a node knows of itself: counted on the shards, read anywhere.
//!
//! A shard counts into plain fields of its own and puts a copy on the [`Board`] once a second; who
//! wants to know merges the copies. No tick ever waits for a reader.

mod board;
mod prometheus;
mod tick_meter;

use std::collections::BTreeMap;

pub(crate) use board::Board;
pub(crate) use prometheus::render;
pub(crate) use tick_meter::TickMeter;

/// What one shard counted since its start, and what it holds now.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShardStats {
    pub(crate) now: Gauges,
    pub(crate) total: Counters,
    /// Times each limit was hit, by its name.
    pub(crate) limits_hit: BTreeMap<&'static str, u64>,
    /// By room type.
    pub(crate) ticks: BTreeMap<String, TickMeter>,
}

/// What a shard holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) rooms: u64,
    pub(crate) clients: u64,
    pub(crate) connections: u64,
    pub(crate) jobs: u64,
    /// Tick time used per wall time over the last second, in thousandths.
    pub(crate) load_permille: u64,
}

/// What a shard did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: u64,
    pub(crate) http_requests: u64,
    pub(crate) rooms_created: u64,
    pub(crate) rooms_failed: u64,
    pub(crate) messages_in: u64,
    pub(crate) messages_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) resyncs: u64,
    pub(crate) protocol_errors: u64,
}

impl ShardStats {
    /// Counts a limit that was hit. The name is the field's name in `Limits`.
    pub(crate) fn limit_hit(&mut self, limit: &'static str) {
        self.limits_hit_by(limit, 1);
    }

    /// The meter of a room type.
    pub(crate) fn tick_meter(&mut self, room: &str) -> &mut TickMeter {
        if !self.ticks.contains_key(room) {
            self.ticks.insert(room.to_owned(), TickMeter::default());
        }
        self.ticks
            .get_mut(room)
            .expect("it was put in if it was missing")
    }

    /// Counts a limit that was hit `times` times.
    pub(crate) fn limits_hit_by(&mut self, limit: &'static str, times: u64) {
        if times > 0 {
            *self.limits_hit.entry(limit).or_default() += times;
        }
    }
}
