//! What a match is.

use std::time::Duration;

/// The most players of a match: their seats are reserved in one step of a shard.
const PLAYERS_MAX: u32 = 1_000;

/// How many play together, and how far apart their ranks may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchRules {
    /// Entrants of a full match.
    pub players: u32,
    /// How far the ranks of a match may lie from that of the one who has waited longest.
    pub window: RankWindow,
    /// When a match may be smaller; never, if none.
    pub incomplete: Option<Incomplete>,
}

/// A distance of ranks that grows while one waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankWindow {
    /// At first.
    pub start: f64,
    /// How much it grows.
    pub per_second: f64,
    /// Where it stops to grow.
    pub max: f64,
}

/// A match without all of its players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// How long the first of it has to have waited.
    pub after: Duration,
    /// How many it needs at least.
    pub players_min: u32,
}

/// Rules under which nobody would ever be matched as was meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// A match of nobody, or of a crowd.
    #[error("a match of {players} players: write 1 to {PLAYERS_MAX}")]
    Players {
        /// What was written.
        players: u32,
    },
    /// An incomplete match that is none.
    #[error("an incomplete match of at least {players_min} players: write 1 to {players}")]
    PlayersMin {
        /// What was written.
        players_min: u32,
        /// Of a full match.
        players: u32,
    },
    /// A distance is no distance.
    #[error(
        "a rank window from {start}, {per_second} wider each second, up to {max}: \
         write numbers from 0, and a maximum that is not below the start"
    )]
    Window {
        /// What was written.
        start: f64,
        /// What was written.
        per_second: f64,
        /// What was written.
        max: f64,
    },
}

impl MatchRules {
    /// Matches of so many players of any ranks, all there.
    pub const fn new(players: u32) -> Self {
        Self {
            players,
            window: RankWindow::ANY,
            incomplete: None,
        }
    }

    /// Looks whether the rules make sense.
    ///
    /// # Errors
    /// [`RulesError`] says what to write.
    pub fn check(&self) -> Result<(), RulesError> {
        let Self {
            players,
            window,
            incomplete,
        } = *self;
        if !(1..=PLAYERS_MAX).contains(&players) {
            return Err(RulesError::Players { players });
        }
        let players_min = incomplete.map_or(1, |incomplete| incomplete.players_min);
        if !(1..=players).contains(&players_min) {
            return Err(RulesError::PlayersMin {
                players_min,
                players,
            });
        }
        window.check()
    }

    /// Whether so many are a match for one who has waited so long.
    pub(super) fn allow(&self, players: u32, waited: Duration) -> bool {
        let allows = |incomplete: Incomplete| {
            players >= incomplete.players_min && waited >= incomplete.after
        };
        players >= self.players || self.incomplete.is_some_and(allows)
    }
}

impl RankWindow {
    /// Ranks play no role.
    pub const ANY: Self = Self {
        start: f64::INFINITY,
        per_second: 0.0,
        max: f64::INFINITY,
    };

    /// The distance for one who has waited so long.
    pub fn after(&self, waited: Duration) -> f64 {
        (self.start + self.per_second * waited.as_secs_f64()).min(self.max)
    }

    fn check(&self) -> Result<(), RulesError> {
        let Self {
            start,
            per_second,
            max,
        } = *self;
        // Not a number is not at least anything.
        if start >= 0.0 && per_second >= 0.0 && per_second.is_finite() && max >= start {
            return Ok(());
        }
        Err(RulesError::Window {
            start,
            per_second,
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_up_to_its_maximum() {
        let window = RankWindow {
            start: 50.0,
            per_second: 10.0,
            max: 100.0,
        };
        let after = |seconds| window.after(Duration::from_secs(seconds));
        assert_eq!([after(0), after(3), after(60)], [50.0, 80.0, 100.0]);
        assert_eq!(RankWindow::ANY.after(Duration::ZERO), f64::INFINITY);
    }

    #[test]
    fn rules_that_match_nobody_are_refused() {
        let rules = MatchRules::new(4);
        assert_eq!(rules.check(), Ok(()));
        let check = |rules: MatchRules| assert!(rules.check().is_err(), "{rules:?}");
        check(MatchRules::new(0));
        check(MatchRules::new(1_001));
        for players_min in [0, 5] {
            let incomplete = Some(Incomplete {
                after: Duration::ZERO,
                players_min,
            });
            check(MatchRules {
                incomplete,
                ..rules
            });
        }
        for (start, per_second, max) in [
            (-1.0, 0.0, 1.0),
            (f64::NAN, 0.0, 1.0),
            (1.0, f64::INFINITY, 2.0),
            (1.0, -1.0, 2.0),
            (2.0, 1.0, 1.0),
        ] {
            let window = RankWindow {
                start,
                per_second,
                max,
            };
            check(MatchRules { window, ..rules });
        }
    }
}
