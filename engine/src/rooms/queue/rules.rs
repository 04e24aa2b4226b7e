//! What a queue is to make of those who wait.

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::queue::{Incomplete, MatchRules, RankWindow};
use serde_json::Value;

/// Which room matches are played in, with how many players, and how far apart their ranks may be.
///
/// ```
/// use std::time::Duration;
/// use downbeat::rooms::QueueRules;
///
/// let rules = QueueRules::new("battle", 4)
///     // Ranks within 50 at first, 10 more with each second, at most 500.
///     .rank_window(50.0, 10.0, 500.0)
///     // After half a minute, two or three will do.
///     .allow_incomplete(Duration::from_secs(30), 2)
///     .give_up_after(Duration::from_secs(120))
///     .room_options(serde_json::json!({ "map": "canyon" }));
/// # drop(rules);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct QueueRules {
    pub(crate) room: Arc<str>,
    pub(crate) matches: MatchRules,
    pub(crate) waiting_max: Option<Duration>,
    pub(crate) room_options: Value,
}

impl QueueRules {
    /// Matches of so many players, 1 to 1,000, each in a new room of this type. Ranks play no role.
    pub fn new(room: &str, players: u32) -> Self {
        Self {
            room: room.into(),
            matches: MatchRules::new(players),
            waiting_max: None,
            room_options: Value::Object(serde_json::Map::new()),
        }
    }

    /// Only those play together whose ranks are at most this far from the rank of the one who has
    /// waited longest: `start` at first, wider by `per_second` while that one waits, up to `max`.
    pub const fn rank_window(mut self, start: f64, per_second: f64, max: f64) -> Self {
        self.matches.window = RankWindow {
            start,
            per_second,
            max,
        };
        self
    }

    /// Makes a match of fewer, at least `players_min`, once the first of them has waited so long.
    pub const fn allow_incomplete(mut self, after: Duration, players_min: u32) -> Self {
        self.matches.incomplete = Some(Incomplete { after, players_min });
        self
    }

    /// Sends a client away for whom there was no match in this time. By default, it may wait for
    /// ever.
    pub const fn give_up_after(mut self, waiting_max: Duration) -> Self {
        self.waiting_max = Some(waiting_max);
        self
    }

    /// What the room of a match is created with. By default nothing.
    pub fn room_options(mut self, options: Value) -> Self {
        self.room_options = options;
        self
    }
}
