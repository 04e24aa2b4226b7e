//! How a client's socket is read: when it is ready, or on the beat.
//!
//! A client that hears in every period has heard by the time of its next input, so its socket is
//! taken out of the poller and read then, and the kernel need not note and report each packet of
//! it. The times of arrival are the kernel's, so none of this shows in the figures, as long as a
//! patch is read before the next one comes.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// Patches in a row that make a client steady.
const STREAK_MIN: u8 = 5;
/// Reads in a row that bring nothing until its socket is watched again.
const MISSES_MAX: u8 = 3;

/// How a client is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// When its socket is ready.
    Watched { streak: u8 },
    /// Once in each period of its inputs.
    Steady { on: Beat, misses: u8 },
}

/// A moment in the period of a client's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Just before it sends.
    Input,
    /// In the middle between two inputs.
    Halfway,
}

impl Default for Habit {
    fn default() -> Self {
        Self::Watched { streak: 0 }
    }
}

impl Habit {
    pub(super) const fn is_steady(self) -> bool {
        matches!(self, Self::Steady { .. })
    }

    pub(super) fn reads_on(self, beat: Beat) -> bool {
        matches!(self, Self::Steady { on, .. } if on == beat)
    }

    /// A ready socket was read, and it brought a patch or not.
    pub(super) const fn on_ready_read(&mut self, brought_patch: bool) {
        let Self::Watched { streak } = self else {
            return;
        };
        *streak += brought_patch as u8;
        if *streak >= STREAK_MIN {
            *self = Self::Steady {
                on: Beat::Input,
                misses: 0,
            };
        }
    }

    /// A read on the beat, at `now`, brought nothing new.
    pub(super) fn on_miss(&mut self) {
        let Self::Steady { misses, .. } = self else {
            return;
        };
        *misses += 1;
        if *misses > MISSES_MAX {
            *self = Self::default();
        }
    }

    /// A read on the beat, at `now`, brought a patch that came at `arrived`; one comes in each
    /// `period`. Too close to either end of the period, jitter would put two patches between two
    /// reads, so the other beat is taken.
    pub(super) fn on_beat_read(&mut self, arrived: Timestamp, now: Timestamp, period: Duration) {
        let Self::Steady { on, misses } = self else {
            return;
        };
        *misses = 0;
        let age = now.since(arrived);
        if age < period / 5 || age > period * 4 / 5 {
            *on = on.other();
        }
    }
}

impl Beat {
    const fn other(self) -> Self {
        match self {
            Self::Input => Self::Halfway,
            Self::Halfway => Self::Input,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const PERIOD: Duration = Duration::from_millis(50);

    fn steady() -> Habit {
        let mut habit = Habit::default();
        for patches in 0..STREAK_MIN {
            assert!(!habit.is_steady(), "after {patches}");
            habit.on_ready_read(false);
            habit.on_ready_read(true);
        }
        habit
    }

    #[test]
    fn who_hears_steadily_is_read_on_the_beat() {
        let habit = steady();
        assert!(habit.reads_on(Beat::Input) && !habit.reads_on(Beat::Halfway));
        assert!(!Habit::default().reads_on(Beat::Input));
    }

    #[test]
    fn who_falls_silent_is_watched_again() {
        let mut habit = steady();
        for _ in 0..MISSES_MAX {
            habit.on_miss();
        }
        habit.on_beat_read(Timestamp(0), Timestamp(25 * MS), PERIOD);
        for _ in 0..MISSES_MAX {
            habit.on_miss();
            assert!(habit.is_steady());
        }
        habit.on_miss();
        assert_eq!(habit, Habit::default());
    }

    fn check(age_ms: u64, beat: Beat) {
        let mut habit = steady();
        habit.on_beat_read(Timestamp(0), Timestamp(age_ms * MS), PERIOD);
        assert!(habit.reads_on(beat), "{age_ms} {habit:?}");
    }

    #[test]
    fn no_patch_is_read_when_the_next_one_may_come() {
        check(9, Beat::Halfway);
        check(11, Beat::Input);
        check(39, Beat::Input);
        check(41, Beat::Halfway);
    }
}
