//! When a room ticks: absolute starts that are never rebased.

use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

const SECOND_NS: u128 = 1_000_000_000;

/// The starts of a room's ticks, on the room's clock.
///
/// A tick is a place in the schedule: skipped ticks have numbers too, and a room that was late has
/// the same starts as one that never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// The start of tick 1.
    first_ns: u64,
    tick_hz: u16,
    /// The tick that is next to run.
    next: Tick,
}

impl Schedule {
    pub(crate) const fn new(first: Timestamp, tick_hz: u16) -> Self {
        Self {
            first_ns: first.0,
            tick_hz,
            next: Tick(1),
        }
    }

    /// The scheduled start of `tick`. Computed from the number, so that a period that is no whole
    /// number of nanoseconds does not drift.
    pub(crate) fn start(&self, tick: Tick) -> Timestamp {
        let periods = u128::from(tick.0.saturating_sub(1));
        let offset_ns = periods * SECOND_NS / u128::from(self.tick_hz);
        let start_ns = u128::from(self.first_ns) + offset_ns;
        u64::try_from(start_ns).map_or(Timestamp::NEVER, Timestamp)
    }

    pub(crate) const fn next(&self) -> Tick {
        self.next
    }

    /// The start of the next tick.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.start(self.next)
    }

    /// Ticks that should have started by `now` and did not.
    pub(crate) fn due(&self, now: Timestamp) -> u64 {
        let Some(since_first_ns) = now.0.checked_sub(self.first_ns) else {
            return 0;
        };
        // The largest n with n * SECOND / hz <= since_first, which `start` rounds down.
        let n = ((u128::from(since_first_ns) + 1) * u128::from(self.tick_hz) - 1) / SECOND_NS;
        (n as u64 + 2).saturating_sub(self.next.0)
    }

    /// Passes over `ticks` of them.
    pub(crate) const fn advance(&mut self, ticks: u64) {
        self.next.0 += ticks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tick_hz: u16, first_ns: u64, now_ns: u64, due: u64) {
        let schedule = Schedule::new(Timestamp(first_ns), tick_hz);
        assert_eq!(schedule.due(Timestamp(now_ns)), due, "{tick_hz} Hz");
    }

    #[test]
    fn a_tick_is_due_from_its_start_on() {
        check(20, 100, 99, 0);
        check(20, 100, 100, 1);
        check(20, 100, 50_000_099, 1);
        check(20, 100, 50_000_100, 2);
        check(60, 0, 16_666_665, 1);
        check(60, 0, 16_666_666, 2);
        check(60, 0, 1_000_000_000, 61);
        check(1, 0, 999_999_999, 1);
        check(1000, 0, 1_000_000, 2);
    }

    #[test]
    fn due_and_start_agree_to_the_nanosecond() {
        for tick_hz in [1, 3, 7, 20, 30, 60, 128, 144, 999, 1000] {
            let mut schedule = Schedule::new(Timestamp(12_345), tick_hz);
            schedule.advance(1_000_000);
            for _ in 0..1_000 {
                let start = schedule.deadline();
                assert_eq!(schedule.due(Timestamp(start.0 - 1)), 0, "{tick_hz} Hz");
                assert_eq!(schedule.due(start), 1, "{tick_hz} Hz");
                schedule.advance(1);
            }
        }
    }

    #[test]
    fn a_schedule_does_not_drift() {
        let schedule = Schedule::new(Timestamp(5), 144);
        let year_s = 365 * 24 * 3_600;
        let after_a_year = schedule.start(Tick(144 * year_s + 1));
        assert_eq!(after_a_year, Timestamp(5 + year_s * 1_000_000_000));
    }
}
