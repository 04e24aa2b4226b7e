//! What a room asks of the queues, whatever keeps them.

use std::fmt;

use downbeat_schemas::id::SessionId;
use downbeat_schemas::time::Timestamp;

use super::{Entrant, MatchId, Outcome, Tended, Tending, Waiting};
use crate::Pending;

/// All queues of a node, or of a cluster. A queue is there as soon as somebody enters it, and gone
/// with the last.
///
/// Callable from any thread; no call blocks but for a short lock. `now` is the clock of the node;
/// what is shared by nodes has a clock of its own instead.
pub trait Queues: fmt::Debug + Send + Sync {
    /// Says of a home's entrants that they are there, and tells how things stand for them.
    fn tend(
        &self,
        queue: &str,
        tending: Tending,
        now: Timestamp,
    ) -> Pending<Result<Tended, QueueError>>;

    /// Everybody who waits, in no order: for one caller every [`TURN`](super::TURN), `None` for all
    /// others.
    fn take_turn(
        &self,
        queue: &str,
        now: Timestamp,
    ) -> Pending<Result<Option<Vec<Waiting>>, QueueError>>;

    /// Takes the entrants of matches out of the line, for [`CLAIM`](super::CLAIM).
    ///
    /// Of each match, in their order: its entrants, or `None` if one of them does not wait any more;
    /// then the others go on waiting.
    fn claim(
        &self,
        queue: &str,
        claim: Claim,
        now: Timestamp,
    ) -> Pending<Result<Vec<Option<Vec<Entrant>>>, QueueError>>;

    /// Says what became of a claimed match. Whether the seats hold: if one of its entrants has left
    /// since, or the claim is over, nobody is told of a seat, and those who are there wait again.
    fn settle(
        &self,
        queue: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Pending<Result<bool, QueueError>>;

    /// Ends what was believed or claimed for a time that is over; called about once a second.
    fn expire(&self, now: Timestamp);

    /// Numbers for the metrics.
    fn counts(&self) -> QueueCounts;
}

/// Matches that are to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// Each with its entrants.
    pub matches: Vec<(MatchId, Vec<SessionId>)>,
    /// What those who go on waiting are told to have found.
    pub found: Vec<(SessionId, u32)>,
}

/// The end of a match's making.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Which match.
    pub id: MatchId,
    /// Of each of its entrants; `None`: it waits again.
    pub outcomes: Vec<(SessionId, Option<Outcome>)>,
}

/// Why the queues do not answer. What was asked may have been done or not: both are mended by the
/// next tending.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Too many requests wait for the store.
    #[error("too many requests wait for the store of the queues: try again later")]
    Crowded,
    /// The store is not reached, or answers in a way of its own.
    #[error("the store of the queues does not answer: {0}")]
    Store(String),
}

/// How much there is, and how often a limit was hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Entrants of all queues, as far as this node knows.
    pub entrants: u64,
    /// Entrants refused at `queue_entrants_max`.
    pub refused: u64,
}
