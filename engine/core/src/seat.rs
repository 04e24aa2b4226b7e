//! One client's place in a room.

use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Viewer;

/// A session with everything the room knows of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) session: SessionId,
    pub(crate) phase: Phase,
    pub(crate) connection: Option<ConnectionId>,
    /// The number of the latest use; what carries another one is late.
    pub(crate) usage: u64,
    pub(crate) token: ReconnectionToken,
    /// Takes the token's place with the next Welcome: until then the client knows the former one.
    pub(crate) next_token: Option<ReconnectionToken>,
    pub(crate) auth: Option<serde_json::Value>,
    /// The body of the matchmaking request, until `on_join` takes it.
    pub(crate) options: serde_json::Value,
    /// From `on_join` on.
    pub(crate) viewer: Option<Viewer>,
    /// The present connection has its Welcome: from here on it is spoken to.
    pub(crate) welcomed: bool,
    /// The present connection reads slowly: nothing is composed for it.
    pub(crate) paused: bool,
    /// Until when the seat was held, if the game has not heard of the present connection: should it
    /// be lost before, it never was.
    pub(crate) held_until: Option<Timestamp>,
    /// The highest input number that was applied, and the one that the client was told last.
    pub(crate) acked: u32,
    pub(crate) acked_sent: u32,
    /// Messages in the mailbox.
    pub(crate) waiting: u32,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Promised, not claimed.
    Reserved { until: Timestamp },
    /// Claimed; `on_join` is to come.
    Joining,
    /// Joined and connected.
    Playing,
    /// The connection is lost; `on_drop` is to come.
    Dropped,
    /// The connection is lost and the room waits.
    Held { until: Timestamp },
    /// It said that it leaves; `on_leave` is to come.
    Leaving,
    /// `on_leave` is running.
    Gone,
}

impl Seat {
    /// Whether `on_join` was called and `on_leave` has not returned.
    pub(crate) const fn joined(&self) -> bool {
        !matches!(self.phase, Phase::Reserved { .. } | Phase::Joining)
    }

    /// When the room gives it up by itself.
    pub(crate) const fn expiry(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Reserved { until } | Phase::Held { until } => Some(until),
            _ => None,
        }
    }

    /// Takes the present connection in: its Welcome goes out.
    pub(crate) const fn welcome(&mut self) {
        self.welcomed = true;
        self.held_until = None;
        self.acked_sent = self.acked;
        if let Some(token) = self.next_token.take() {
            self.token = token;
        }
    }

    /// The connection, if it may be spoken to.
    pub(crate) fn listener(&self) -> Option<ConnectionId> {
        self.connection.filter(|_| self.welcomed)
    }

    /// Whether a reconnection may take it at `now`.
    pub(crate) fn reopens(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Playing | Phase::Dropped => true,
            Phase::Held { until } => now < until,
            _ => false,
        }
    }

    pub(crate) fn invariants(&self) {
        match self.phase {
            Phase::Reserved { .. } | Phase::Dropped | Phase::Held { .. } | Phase::Gone => {
                assert!(self.connection.is_none(), "nobody sits here: {self:?}");
            }
            Phase::Joining | Phase::Playing => {
                assert!(self.connection.is_some(), "somebody sits here: {self:?}");
            }
            Phase::Leaving => {}
        }
        assert_eq!(self.joined(), self.viewer.is_some(), "who joined sees");
        assert!(self.joined() || !self.welcomed, "who joins is welcomed");
        assert!(
            self.acked_sent <= self.acked,
            "only what was applied is told"
        );
    }
}
