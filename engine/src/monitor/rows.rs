//! The tables of the monitor.

use downbeat_core::Component;
use serde::{Deserialize, Serialize};

use crate::stats::{Moment, Quantiles, ShardSight, Sight};

/// The node. Bytes are doubles: JavaScript reads those as numbers.
#[derive(Clone, Debug, Default, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct NodeRow {
    pub(super) process: String,
    pub(super) version: String,
    pub(super) uptime_s: u32,
    pub(super) rooms: u32,
    /// Rooms that are not in the table.
    pub(super) rooms_left_out: u32,
    pub(super) clients: u32,
    pub(super) resident_bytes: f64,
    pub(super) memory_limit_bytes: f64,
    pub(super) open_files: u32,
    pub(super) open_files_max: f64,
    /// The number of the newest moment.
    pub(super) moment: u32,
}

#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct ShardRow {
    /// Parts of the time, in thousandths.
    pub(super) busy_permille: u16,
    pub(super) cpu_permille: u16,
    pub(super) rooms: u32,
    pub(super) clients: u32,
    pub(super) connections: u32,
    /// Per second.
    pub(super) received_messages: u32,
    pub(super) sent_messages: u32,
    pub(super) received_bytes: u32,
    pub(super) sent_bytes: u32,
    /// Since it last told its figures.
    pub(super) silence_ms: u32,
}

/// One second of all ticks.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct MomentRow {
    pub(super) ticks: u32,
    pub(super) skipped: u32,
    pub(super) lateness: QuantilesRow,
    pub(super) duration: QuantilesRow,
    pub(super) completion: QuantilesRow,
}

/// Microseconds.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct QuantilesRow {
    pub(super) p50: f32,
    pub(super) p90: f32,
    pub(super) p99: f32,
    pub(super) p999: f32,
    pub(super) max: f32,
}

#[derive(Clone, Debug, Default, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct RoomRow {
    pub(super) name: String,
    pub(super) shard: u16,
    pub(super) clients: u32,
    pub(super) clients_max: u32,
    pub(super) locked: bool,
    pub(super) private: bool,
    /// When it was created, since the node started.
    pub(super) created_s: u32,
    /// The part of its shard's time that its ticks took, in ten-thousandths.
    pub(super) load: u16,
    /// The longest completion lateness, microseconds.
    pub(super) worst_us: u32,
    /// Since it was first looked at.
    pub(super) skipped: u32,
}

/// A limit that was hit.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct LimitRow {
    /// How often since the node started.
    pub(super) times: f64,
    /// Its value; 0 for one of the kernel's.
    pub(super) value: f64,
}

impl NodeRow {
    pub(super) fn take(&mut self, sight: &Sight) {
        self.uptime_s = whole(sight.uptime.as_secs());
        self.rooms = whole(sight.shards.iter().map(|shard| shard.rooms).sum::<u64>());
        self.clients = whole(sight.shards.iter().map(|shard| shard.clients).sum::<u64>());
        self.resident_bytes = sight.resident_bytes as f64;
        self.memory_limit_bytes = sight.memory_limit_bytes as f64;
        self.open_files = whole(sight.open_files);
        self.open_files_max = sight.open_files_max as f64;
        if let Some(newest) = sight.moments.last() {
            self.moment = whole(newest.number);
        }
    }
}

impl From<&ShardSight> for ShardRow {
    fn from(sight: &ShardSight) -> Self {
        let rates = &sight.rates;
        Self {
            busy_permille: (rates.busy * 1_000.0).round() as u16,
            cpu_permille: (rates.cpu * 1_000.0).round() as u16,
            rooms: whole(sight.rooms),
            clients: whole(sight.clients),
            connections: whole(sight.connections),
            received_messages: rates.received_messages.round() as u32,
            sent_messages: rates.sent_messages.round() as u32,
            received_bytes: rates.received_bytes.round() as u32,
            sent_bytes: rates.sent_bytes.round() as u32,
            silence_ms: whole(sight.silence.as_millis()),
        }
    }
}

impl From<&Moment> for MomentRow {
    fn from(moment: &Moment) -> Self {
        Self {
            ticks: whole(moment.ticks),
            skipped: whole(moment.skipped),
            lateness: (&moment.lateness).into(),
            duration: (&moment.duration).into(),
            completion: (&moment.completion).into(),
        }
    }
}

impl From<&Quantiles> for QuantilesRow {
    fn from(quantiles: &Quantiles) -> Self {
        Self {
            p50: quantiles.p50_us,
            p90: quantiles.p90_us,
            p99: quantiles.p99_us,
            p999: quantiles.p999_us,
            max: quantiles.max_us,
        }
    }
}

/// A count as a row has it. Four thousand million and more are that many.
pub(super) fn whole(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}
