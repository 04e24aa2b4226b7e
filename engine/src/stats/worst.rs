//! The worst of late.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// How long a value is shown at least. A scraper that comes more often misses none.
const WINDOW: Duration = Duration::from_secs(30);

/// The largest value of the last one to two windows. A bucket of a histogram says that a tick was
/// late by some 200 ms, this says by how much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worst {
    began: Timestamp,
    in_this_window: Duration,
    in_the_last: Duration,
}

impl Worst {
    pub(super) fn note(&mut self, value: Duration, now: Timestamp) {
        self.in_the_last = self.in_last_window(now);
        if now.since(self.began) >= WINDOW {
            (self.began, self.in_this_window) = (now, Duration::ZERO);
        }
        self.in_this_window = self.in_this_window.max(value);
    }

    pub(super) fn seen(&self, now: Timestamp) -> Duration {
        let last = self.in_last_window(now);
        if now.since(self.began) < 2 * WINDOW {
            return last.max(self.in_this_window);
        }
        last
    }

    /// What is in the last window at `now`, whenever it was last looked at.
    fn in_last_window(&self, now: Timestamp) -> Duration {
        match now.since(self.began) {
            age if age < WINDOW => self.in_the_last,
            age if age < 2 * WINDOW => self.in_this_window,
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_seen_for_a_window_at_least_and_two_at_most() {
        let at = |seconds: u64| Timestamp(seconds * 1_000_000_000);
        for noted_at in 100..160 {
            let mut worst = Worst::default();
            for second in 100..300 {
                let is_late = second == noted_at;
                worst.note(
                    Duration::from_millis(if is_late { 200 } else { 1 }),
                    at(second),
                );
                let age = second.saturating_sub(noted_at);
                let is_seen = worst.seen(at(second)) == Duration::from_millis(200);
                match second {
                    second if second < noted_at => assert!(!is_seen),
                    _ if age < 30 => assert!(is_seen, "{noted_at} at {second}"),
                    _ => assert!(!is_seen || age <= 60, "{noted_at} at {second}"),
                }
            }
        }
    }

    #[test]
    fn it_fades_when_nothing_is_noted() {
        let mut worst = Worst::default();
        worst.note(Duration::from_secs(1), Timestamp(0));
        assert_eq!(worst.seen(Timestamp(1)), Duration::from_secs(1));
        assert_eq!(worst.seen(Timestamp(70_000_000_000)), Duration::ZERO);
    }
}
