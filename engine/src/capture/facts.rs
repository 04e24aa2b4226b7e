//! A slow tick in words and numbers.

use std::sync::Arc;

use downbeat_schemas::id::{RoomId, ShardId};
use serde::Serialize;

use super::times::PartsMs;

/// What is known of a slow tick.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SlowTick {
    /// The room's type.
    #[serde(serialize_with = "as_text")]
    pub(crate) name: Arc<str>,
    #[serde(serialize_with = "as_text")]
    pub(crate) room: RoomId,
    #[serde(serialize_with = "as_text")]
    pub(crate) shard: ShardId,
    pub(crate) tick: u64,
    /// Ticks that ran in the same step, this one included: more than one if the room was late.
    pub(crate) ticks_in_step: u32,
    pub(crate) took_ms: f64,
    pub(crate) parts_ms: PartsMs,
    pub(crate) clients: u64,
    pub(crate) rows: u64,
    pub(crate) release: &'static str,
}

impl SlowTick {
    /// The one line of the log. `unlogged`: slow ticks since the line before that got none.
    pub(crate) fn log(&self, unlogged: u64) {
        let parts = &self.parts_ms;
        tracing::warn!(
            room = %self.room,
            name = %self.name,
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

fn as_text<S: serde::Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
