//! A slow tick in words and numbers.

use serde::{Deserialize, Serialize};

use super::times::PartsMs;

/// What is known of a slow tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlowTick {
    /// The room's type.
    pub name: String,
    /// The room's id, as clients know it.
    pub room: String,
    /// The number of its shard.
    pub shard: u16,
    /// Which tick of the room it was.
    pub tick: u64,
    /// Ticks that ran in the same step, this one included: more than one if the room was late.
    pub ticks_in_step: u32,
    /// Milliseconds from the tick's start to the end of sending.
    pub took_ms: f64,
    /// The parts of it.
    pub parts_ms: PartsMs,
    /// Seats taken: playing, held and reserved.
    pub clients: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// The release of Downbeat.
    pub release: String,
}

impl SlowTick {
    /// The one line of the log. `unlogged`: slow ticks since the line before that got none.
    pub(crate) fn log(&self, unlogged: u64) {
        let parts = &self.parts_ms;
        tracing::warn!(
            room = self.room,
            name = self.name,
            tick = self.tick,
            took_ms = self.took_ms,
            read_ms = parts.read,
            freeze_ms = parts.freeze,
            inputs_ms = parts.inputs,
            timers_ms = parts.timers,
            on_tick_ms = parts.on_tick,
            encode_ms = parts.encode,
            flush_ms = parts.flush,
            clients = self.clients,
            rows = self.rows,
            unlogged,
            "slow tick"
        );
    }
}
