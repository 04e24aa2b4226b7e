//! Queues: clients who wait until enough others of about their rank wait too.
//!
//! An *entrant* is a client who waits. Its *home* is the room that it sits in, on any node; there may
//! be many homes of one queue, and each of them may also be its *matcher*. A *match* is a set of
//! entrants who will play together.
//!
//! | module | decides |
//! |---|---|
//! | `rules` | what a match is |
//! | `matching` | who plays with whom, from a list of those who wait |
//! | `line` | who waits, who is being matched, who has got what |
//! | `wire` | the same line as Redis scripts: arguments and answers |
//!
//! These are pure. `embedded` is the lines of one node behind a lock, `shared` sends requests to the
//! thread that speaks to Redis.
//!
//! # Nobody is lost
//!
//! Nothing is pushed to a home: it [tends](Queues::tend) its entrants a few times a second, and is
//! told what became of each. So no lost message leaves a client behind, and a home that ends takes
//! its entrants with it, [`STAY`] later at the latest.
//!
//! A matcher claims a match, which takes its entrants out of the line for [`CLAIM`], has the seats
//! reserved, and settles the match. Wherever it stops before, its entrants are back in the line when
//! that time is over, each with the time that it has waited. If it comes too late, none of its seats
//! is told: each entrant is told of the one match that it was last claimed for.
//!
//! A store that has lost everything gets it back with the next tending: homes know how long each of
//! their entrants has waited.

mod embedded;
mod entrant;
pub(crate) mod fuzzing;
mod line;
mod matching;
mod queues;
mod rules;
mod shared;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use embedded::EmbeddedQueues;
pub use entrant::{Entering, Entrant, MatchId, News, Outcome, Tended, Tending, Waiting};
pub use matching::{Matching, match_up};
pub use queues::{Claim, QueueCounts, QueueError, Queues, Settlement};
pub use rules::{Incomplete, MatchRules, RankWindow, RulesError};
pub use shared::{QueueRequest, QueueRequests, ScriptStore, SharedQueues};
pub use wire::QueueScript;

/// How long an entrant is believed to be there after its home last said so.
pub const STAY: Duration = Duration::from_secs(6);
/// How long a matcher has from claiming a match to settling it: longer than a room may take to be
/// created.
pub const CLAIM: Duration = Duration::from_secs(8);
/// How long an outcome waits for its home, less than a reserved seat waits for its client.
pub const OUTCOME: Duration = Duration::from_secs(10);
/// How often a line is looked at for matches, whatever the number of its homes.
pub const TURN: Duration = Duration::from_millis(300);
