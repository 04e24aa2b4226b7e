//! What an operator should read in the log: one line when it begins, and at most one a minute while
//! it goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::clerk::Books;

/// How long a thing that goes on is not said again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// A shard tells its figures every second. One that has not for so long is held up: by a hook that
/// does not return, or by a machine that stands still.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// Limits that clients meet on a good day: they fall silent, or do not take the seat they asked for.
/// Skipped ticks, of which `catch_up_steps_max` speaks, have a line of their own.
const ROUTINE: [&str; 7] = [
    "header_timeout_ms",
    "keep_alive_timeout_ms",
    "idle_timeout_ms",
    "close_timeout_ms",
    "seat_reservation_ms",
    "read_budget_bytes",
    "catch_up_steps_max",
];

/// What was said, and when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    limits: BTreeMap<&'static str, Said>,
    skipped: BTreeMap<(usize, String), Said>,
    silent: BTreeMap<usize, Said>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Said {
    count: u64,
    at: Option<Timestamp>,
}

impl Said {
    /// What came since it was last said, if it is to be said now.
    fn news(&mut self, count: u64, now: Timestamp) -> Option<u64> {
        let is_early = self.at.is_some_and(|at| now.since(at) < AGAIN_AFTER);
        if count <= self.count || is_early {
            return None;
        }
        let new = count - self.count;
        *self = Self {
            count,
            at: Some(now),
        };
        Some(new)
    }
}

impl Watch {
    /// Says what is new.
    pub(super) fn look(&mut self, books: &Books<'_>) {
        self.look_at_limits(books);
        self.look_at_ticks(books);
        self.look_at_shards(books);
    }

    fn look_at_limits(&mut self, books: &Books<'_>) {
        let hits = books.limits_hit().into_iter();
        for (limit, count) in hits.filter(|(limit, _)| !ROUTINE.contains(limit)) {
            let said = self.limits.entry(limit).or_default();
            if let Some(times) = said.news(count, books.now) {
                let value = books.node.settings.limits.value(limit);
                tracing::warn!(limit, value, times, "limit hit");
            }
        }
    }

    fn look_at_ticks(&mut self, books: &Books<'_>) {
        for (shard, room, stats) in books.rooms() {
            if stats.ticks.skipped == 0 {
                continue;
            }
            let said = self.skipped.entry((shard, room.to_owned())).or_default();
            if let Some(ticks) = said.news(stats.ticks.skipped, books.now) {
                tracing::warn!(shard, room, ticks, "ticks skipped: rooms were too late");
            }
        }
    }

    fn look_at_shards(&mut self, books: &Books<'_>) {
        for (shard, account) in books.accounts.iter().enumerate() {
            let silence = books.silence(account);
            let said = self.silent.entry(shard).or_default();
            if silence < SILENCE_MAX {
                if said.at.take().is_some() {
                    tracing::warn!(shard, "shard goes on");
                }
            } else if said.at.is_none() {
                said.at = Some(books.now);
                tracing::error!(shard, ?silence, "shard is held up: does a hook not return?");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_said_once_a_minute() {
        let mut said = Said::default();
        let at = |seconds: u64| Timestamp(seconds * 1_000_000_000);
        assert_eq!(said.news(0, at(1)), None);
        assert_eq!(said.news(3, at(2)), Some(3));
        assert_eq!(said.news(3, at(100)), None, "nothing new");
        assert_eq!(said.news(4, at(101)), Some(1));
        assert_eq!(said.news(9, at(160)), None, "too soon");
        assert_eq!(said.news(9, at(161)), Some(5), "but not forgotten");
    }

    #[test]
    fn routine_limits_are_limits() {
        for limit in ROUTINE {
            let limits = downbeat_schemas::limits::Limits::default();
            assert!(limits.value(limit).is_some(), "{limit}");
        }
    }
}
