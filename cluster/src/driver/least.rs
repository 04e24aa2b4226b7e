//! The least of late. Pure.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// How long a value is shown at least. A scraper that comes more often misses none.
const WINDOW: Duration = Duration::from_secs(30);

/// The least value of the last one to two windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Least {
    began: Timestamp,
    in_this_window: Option<Duration>,
    in_the_last: Option<Duration>,
}

impl Least {
    /// With one more value.
    pub(super) fn with(self, value: Duration, now: Timestamp) -> Self {
        let mut next = self;
        next.in_the_last = self.in_last_window(now);
        if now.since(self.began) >= WINDOW {
            (next.began, next.in_this_window) = (now, None);
        }
        next.in_this_window = lesser(next.in_this_window, Some(value));
        next
    }

    /// None if there was none for so long.
    pub(super) fn seen(self, now: Timestamp) -> Option<Duration> {
        let last = self.in_last_window(now);
        if now.since(self.began) < 2 * WINDOW {
            return lesser(last, self.in_this_window);
        }
        last
    }

    /// What is in the last window at `now`, whenever it was last looked at.
    fn in_last_window(self, now: Timestamp) -> Option<Duration> {
        match now.since(self.began) {
            age if age < WINDOW => self.in_the_last,
            age if age < 2 * WINDOW => self.in_this_window,
            _ => None,
        }
    }
}

fn lesser(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1_000_000_000)
    }

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn a_value_is_seen_for_one_window_at_least_and_for_two_at_most() {
        let least = Least::default();
        assert_eq!(least.seen(at(100)), None);
        let least = least.with(ms(300), at(100)).with(ms(40), at(110));
        assert_eq!(least.seen(at(120)), Some(ms(40)));
        let least = least.with(ms(300), at(131));
        assert_eq!(least.seen(at(131)), Some(ms(40)), "in the last window");
        let least = least.with(ms(310), at(150)).with(ms(320), at(162));
        assert_eq!(least.seen(at(162)), Some(ms(300)));
        assert_eq!(least.seen(at(300)), None, "long ago");
    }
}
