//! A room as people look at it: who is in it, and what its clients see.

use downbeat_schemas::id::{ConnectionId, SessionId};
use downbeat_schemas::time::Tick;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A room at one moment, as far as there is room for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The last tick that ran.
    pub tick: Tick,
    /// Seats there are.
    pub clients_max: u32,
    /// Whether the game or an operator locked it.
    pub locked: bool,
    /// What it tells of itself.
    pub metadata: Value,
    /// Who is in it, in the order of the seats.
    pub seats: Vec<SeatDescription>,
    /// Seats taken beyond those.
    pub seats_left_out: u64,
    /// What clients see, as they were last told. Private fields of the game are not in it.
    pub tables: Vec<TableDescription>,
}

/// A seat that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatDescription {
    /// Whose it is.
    pub session: SessionId,
    /// How far it has come.
    pub phase: SeatPhase,
    /// Its connection, if it has one.
    pub connection: Option<ConnectionId>,
}

/// How far a seat has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SeatPhase {
    /// Promised, not claimed.
    Reserved,
    /// Claimed; `on_join` comes with the next tick.
    Joining,
    /// Joined and connected.
    Playing,
    /// The connection is lost, and the seat is kept.
    Held,
    /// On its way out.
    Leaving,
}

/// A table of the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableDescription {
    /// The name in the game's struct.
    pub name: String,
    /// Rows there are.
    pub rows: u64,
    /// The first of them: key, null in a single row, and an object of fields.
    pub shown: Vec<(Value, Value)>,
}
