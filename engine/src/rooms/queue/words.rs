//! What clients of a queue say, see and hear.

use downbeat_core::{Component, Reject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client joins a queue with, and then its match: `rank` is read here, a finite number, 0 if it
/// is missing. A number `rank` in what `on_auth` returned beats it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueOptions(pub Value);

impl QueueOptions {
    /// How well the client plays.
    ///
    /// # Errors
    /// If `rank` is there and no number.
    pub(super) fn rank(&self, claims: Option<&Value>) -> Result<f64, Reject> {
        let claimed = claims.and_then(|claims| claims.get("rank")?.as_f64());
        match (claimed, self.0.get("rank")) {
            (Some(rank), _) => Ok(rank),
            (None, None | Some(Value::Null)) => Ok(0.0),
            (None, Some(rank)) => rank
                .as_f64()
                .ok_or_else(|| Reject::new(format!("rank = {rank}: write a number"))),
        }
    }
}

/// The queue, as all its clients see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Clients who wait, on all nodes.
    pub waiting: u32,
    /// Players of a full match.
    pub players: u32,
}

/// How things stand for one client, who is the only one to see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct EntrantStatus {
    /// Players in sight for a match: this one, and those whose ranks are near enough by now.
    pub found: u32,
    /// Whether the match is made: its seats are being reserved, or the client has its seat.
    pub matched: bool,
}

/// How waiting ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueueEvent {
    /// A seat in the match, as an answer of matchmaking: `name`, `sessionId`, `roomId`, `processId` and
    /// perhaps `publicAddress`. Take it within `seat_reservation_ms`, then leave the queue.
    Seat(Value),
    /// The room of the match does not take the client's options. The connection is closed.
    Refused {
        /// Its words.
        reason: String,
    },
    /// There was no match in time. The connection is closed.
    GaveUp,
    /// Too many wait, on all nodes. The connection is closed.
    Full,
}
