//! Those who wait, and what they are told.

use std::fmt;
use std::time::Duration;

use downbeat_schemas::id::SessionId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A client who waits, named by its session in its home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entrant {
    /// Who.
    pub session: SessionId,
    /// How well it plays, in whatever unit the game has. Finite.
    pub rank: f64,
    /// What it wants to join the match with.
    pub options: Value,
    /// What `on_auth` said of it.
    pub claims: Option<Value>,
}

/// Names a match from its claim to its end: drawn at random by its matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchId(pub u64);

impl fmt::Display for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a home says of its entrants. Each is in one of the lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tending {
    /// Those who are new, and those whom the queue does not know any more.
    pub entering: Vec<Entering>,
    /// Those who are still there.
    pub staying: Vec<SessionId>,
    /// Those who do not wait any more: they have left, or have their seat.
    pub leaving: Vec<SessionId>,
}

/// A client who enters, now or for the second time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entering {
    /// Who.
    pub entrant: Entrant,
    /// How long it has waited, as its home knows it.
    pub waited: Duration,
}

/// What a home is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tended {
    /// Of each who entered, then of each who stays, in their order.
    pub news: Vec<(SessionId, News)>,
    /// Entrants of the whole queue.
    pub waiting: u32,
}

/// How things stand for one entrant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum News {
    /// The queue does not know it: let it enter again.
    Unknown,
    /// The queue is full: it did not enter.
    Full,
    /// It waits.
    Waits {
        /// How many could play with each other now, itself among them.
        found: u32,
    },
    /// It has a match, whose seats are being reserved.
    Matched {
        /// Players of the match.
        players: u32,
    },
    /// It is through.
    Out(Outcome),
}

/// How waiting ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The seat in the match: an answer of matchmaking.
    Seat(Value),
    /// The room of the match does not take it, and why.
    Refused(String),
}

/// One of those who wait, as a matcher sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// Who.
    pub session: SessionId,
    /// How well it plays.
    pub rank: f64,
    /// Since it entered.
    pub waited: Duration,
    /// What it was last told to have found.
    pub found: u32,
}
