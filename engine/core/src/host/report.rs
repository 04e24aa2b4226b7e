//! What goes between a room and its shard.

use std::sync::Arc;

use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

use super::PatchSizes;
use crate::interest::LimitHits;
use crate::schedule::Schedule;

/// One connection's use of a seat. Dies with the connection: what comes late for a former
/// connection of the same seat reaches nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeatIndex {
    pub(crate) slot: u32,
    /// Counts the connections of the room, so that no two uses are equal.
    pub(crate) usage: u64,
}

/// A seat promised by the matchmaker.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// Who may claim it.
    pub session: SessionId,
    /// What opens the seat again after a lost connection: sent in the first Welcome.
    pub token: ReconnectionToken,
    /// The body of the matchmaking request.
    pub options: serde_json::Value,
    /// What `on_auth` returned.
    pub auth: Option<serde_json::Value>,
}

/// What became of a message of a client, or of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It waits for the next tick.
    Queued,
    /// It was dropped and counted, at the limit named.
    Dropped(&'static str),
    /// It is no input of this room, and why: the shard closes the connection with 4006.
    Malformed(String),
    /// The shard answers the ping with these.
    Pong {
        /// The client's clock, echoed.
        client_time_us: u64,
        /// The room's clock.
        server_time_us: u64,
    },
    /// The client leaves for good: the next tick says so to the room and closes the connection.
    Leaving,
    /// The seat no longer belongs to this connection, or the client said before that it leaves.
    Ignored,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// The first tick that ran.
    pub first: Tick,
    /// How many ran, one after the other.
    pub ran: u32,
    /// How many came due after those and were skipped.
    pub skipped: u64,
    /// Whether a hook panicked: see [`RoomState::Failed`].
    pub failed: bool,
    pub(crate) schedule: Schedule,
    pub(crate) origin: Origin,
}

impl Stepped {
    /// The scheduled start of each tick that ran, on the clock of the node.
    pub fn starts(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let Self {
            first,
            schedule,
            origin,
            ..
        } = *self;
        let ticks = (0..u64::from(self.ran)).map(move |number| Tick(first.0 + number));
        ticks.map(move |tick| origin.on_node(schedule.start(tick)))
    }
}

/// Where a room's clock has its zero on the node's clock.
///
/// A room that was thawed on a node whose clock is behind its own has it before zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin(i128);

impl Origin {
    /// The room's clock shows `in_room` at `on_node`.
    pub(crate) fn new(on_node: Timestamp, in_room: Timestamp) -> Self {
        Self(i128::from(on_node.0) - i128::from(in_room.0))
    }

    pub(crate) fn in_room(self, on_node: Timestamp) -> Timestamp {
        Timestamp(clamp(i128::from(on_node.0) - self.0))
    }

    pub(crate) fn on_node(self, in_room: Timestamp) -> Timestamp {
        Timestamp(clamp(i128::from(in_room.0) + self.0))
    }
}

fn clamp(time: i128) -> u64 {
    time.clamp(0, i128::from(u64::MAX)) as u64
}

/// A seat with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seated {
    /// The seat.
    pub seat: SeatIndex,
    /// Whose it is.
    pub session: SessionId,
    /// Its connection.
    pub connection: ConnectionId,
}

/// A function of the game that the room calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named like the hooks of `Room`")]
pub enum Hook {
    OnCreate,
    OnJoin,
    OnInput,
    OnBytes,
    OnMessage,
    OnTick,
    OnTimer,
    OnDrop,
    OnReconnect,
    OnLeave,
    OnDispose,
    /// The closure of `Ctx::spawn`, or its future.
    Spawned,
    /// What the derives and the game's own field types do when changes are collected and sent.
    Replicate,
}

/// Whether a room goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// It ticks.
    Running,
    /// It ended as it should. Drop it after a last flush.
    Disposed,
    /// A hook panicked. Drop it after a last flush; nothing of it runs again.
    Failed {
        /// Which one.
        hook: Hook,
        /// What the panic said.
        message: String,
    },
}

/// What matchmaking knows of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomSummary {
    /// Seats taken: playing, held and reserved.
    pub clients: u32,
    /// Seats there are.
    pub clients_max: u32,
    /// Whether the game locked it. A full room is not joinable either: [`Self::joinable`].
    pub locked: bool,
    /// Whether it is found by its id only.
    pub private: bool,
    /// The game's words about it; null if there are none.
    pub metadata: Arc<serde_json::Value>,
}

impl RoomSummary {
    /// Whether a reservation would succeed.
    pub const fn joinable(&self) -> bool {
        !self.locked && self.clients < self.clients_max
    }
}

/// How much there is in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomSize {
    /// Seats taken: playing, held and reserved.
    pub clients: u64,
    /// Rows of all tables, as of the last patch.
    pub rows: u64,
}

/// What happened in a room and belongs into metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Ticks run.
    pub ticks: u64,
    /// Ticks skipped because the room was later than `catch_up_steps_max` ticks.
    pub ticks_skipped: u64,
    /// Inputs handed to hooks.
    pub inputs: u64,
    /// Messages dropped at `inbox_max`.
    pub inbox_dropped: u64,
    /// Messages dropped at `inbox_per_client_max`.
    pub inbox_per_client_dropped: u64,
    /// Inputs that could not be decoded.
    pub malformed: u64,
    /// Messages of topics handed to hooks.
    pub messages: u64,
    /// Messages dropped at `topic_messages_max`.
    pub messages_dropped: u64,
    /// Messages published to topics.
    pub published: u64,
    /// Topics that a room wanted to hear and did not, at `topics_max`.
    pub topics_refused: u64,
    /// Topics refused at `presence_key_bytes_max`.
    pub topics_too_long: u64,
    /// Messages refused at `presence_message_bytes_max`.
    pub published_too_large: u64,
    /// Events sent, once per broadcast.
    pub events: u64,
    /// Events and published messages dropped at `events_bytes_max`.
    pub events_dropped: u64,
    /// Reservations that nobody claimed in time.
    pub reservations_expired: u64,
    /// Clients that joined.
    pub joins: u64,
    /// Joins that `on_join` refused.
    pub joins_refused: u64,
    /// Clients that left, for whatever reason.
    pub leaves: u64,
    /// Seats that were opened again after their connection was lost or replaced.
    pub reconnections: u64,
    /// Hooks that panicked: 0 or 1.
    pub panics: u64,
    /// Patches and snapshots, each counted for each client that got it.
    pub patches: PatchSizes,
    /// Limits that rows and watches met.
    pub hits: LimitHits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_keeps_its_clock_on_any_node() {
        for (on_node, in_room) in [(7, 0), (7, 7), (7, 1 << 60), (u64::MAX, 3)] {
            let origin = Origin::new(Timestamp(on_node), Timestamp(in_room));
            assert_eq!(origin.in_room(Timestamp(on_node)), Timestamp(in_room));
            assert_eq!(origin.on_node(Timestamp(in_room)), Timestamp(on_node));
            assert!(origin.on_node(Timestamp::NEVER) >= Timestamp(on_node));
        }
    }
}
