//! The tables of the monitor.

use downbeat_core::Component;
use serde::{Deserialize, Serialize};

use super::backstage::{Did, RoomView};
use crate::capture::{CapturedTick, Kept};
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
    /// From how long on a tick is captured; 0 if none is.
    pub(super) slow_tick_ms: u32,
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
    pub(super) recorded: bool,
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

/// A slow tick that is captured.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct CaptureRow {
    /// Milliseconds since 1970.
    pub(super) unix_ms: f64,
    pub(super) name: String,
    pub(super) room: String,
    pub(super) shard: u16,
    pub(super) tick: f64,
    pub(super) took_ms: f32,
    pub(super) parts_ms: PartsRow,
    pub(super) clients: u32,
    pub(super) rows: u32,
    /// Why there is no flame graph; empty if there is one.
    pub(super) no_graph: String,
}

/// Where the time of a tick went, milliseconds.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub(super) struct PartsRow {
    pub(super) read: f32,
    pub(super) freeze: f32,
    pub(super) inputs: f32,
    pub(super) timers: f32,
    pub(super) on_tick: f32,
    pub(super) encode: f32,
    pub(super) flush: f32,
}

impl From<&CapturedTick> for CaptureRow {
    fn from(captured: &CapturedTick) -> Self {
        let tick = &captured.tick;
        let parts = &tick.parts_ms;
        Self {
            unix_ms: captured.unix_ms as f64,
            name: tick.name.clone(),
            room: tick.room.clone(),
            shard: tick.shard,
            tick: tick.tick as f64,
            took_ms: tick.took_ms as f32,
            parts_ms: PartsRow {
                read: parts.read as f32,
                freeze: parts.freeze as f32,
                inputs: parts.inputs as f32,
                timers: parts.timers as f32,
                on_tick: parts.on_tick as f32,
                encode: parts.encode as f32,
                flush: parts.flush as f32,
            },
            clients: whole(tick.clients),
            rows: whole(tick.rows),
            no_graph: match &captured.flame_graph {
                Kept::File(_) => String::new(),
                Kept::Missing(why) => why.clone(),
            },
        }
    }
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

impl RoomRow {
    pub(super) fn take(&mut self, view: &RoomView) {
        if *self.name != *view.name {
            (*view.name).clone_into(&mut self.name);
        }
        self.shard = view.shard.0;
        self.clients = view.clients;
        self.clients_max = view.clients_max;
        self.locked = view.locked;
        self.private = view.private;
        self.created_s = whole(view.created.as_secs());
        if let Some(Did {
            tally,
            elapsed,
            is_recorded,
        }) = view.did
        {
            self.recorded = is_recorded;
            let part = tally.spent.as_secs_f64() / elapsed.as_secs_f64().max(f64::EPSILON);
            self.load = (part * 10_000.0).round().min(10_000.0) as u16;
            self.worst_us = whole(tally.worst.as_micros());
            self.skipped = self.skipped.saturating_add(whole(tally.skipped));
        }
    }
}

/// A count as a row has it. Four thousand million and more are that many.
pub(super) fn whole(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}
