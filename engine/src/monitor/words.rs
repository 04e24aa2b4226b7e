//! What operators say to the monitor, and what it says to them beside its tables.

use downbeat_core::host::{SeatPhase, TableDescription};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operator does. Rooms and sessions are texts, as everywhere outside of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum MonitorInput {
    /// Looks at a room closely from now on, and no longer at the one before; or at none.
    Look { room: Option<String> },
    /// Does something to a room. The answer has the same number.
    Act {
        number: u32,
        room: String,
        deed: Deed,
    },
}

/// What is done to a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Deed {
    Lock,
    Unlock,
    Close,
    Kick { session: String },
    Record,
    StopRecording,
}

/// What operators hear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum MonitorEvent {
    /// The room that is looked at, about once a second.
    Room(Box<Detail>),
    /// The room that was looked at has ended.
    Gone { room: String },
    /// What became of a deed: none if it is done, else why not.
    Done {
        number: u32,
        refusal: Option<String>,
    },
}

/// One room, closely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    pub(super) room: String,
    pub(super) tick: u64,
    pub(super) tick_hz: u16,
    pub(super) clients_max: u32,
    pub(super) locked: bool,
    pub(super) recorded: bool,
    pub(super) metadata: Value,
    pub(super) clients: Vec<ClientDetail>,
    pub(super) clients_left_out: u64,
    pub(super) tables: Vec<TableDescription>,
    pub(super) ticks: TicksDetail,
}

/// A seat of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientDetail {
    pub(super) session: String,
    pub(super) phase: SeatPhase,
    pub(super) address: Option<String>,
    pub(super) queued_bytes: u64,
}

/// The ticks of a room since somebody began to look at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicksDetail {
    pub(super) watched_ms: u64,
    pub(super) count: u64,
    pub(super) duration: TimesDetail,
    pub(super) completion: TimesDetail,
}

/// One kind of time, microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimesDetail {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
    /// How many there were, eight buckets to a decade: the first is up to 10^(1/8) µs.
    pub(super) buckets: Vec<u64>,
}
