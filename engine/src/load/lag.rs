//! How long received bytes may have waited for the generator.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// A poll that takes longer has waited: what it reports became ready at its end.
const WAITED: Duration = Duration::from_micros(50);

/// From when on the sockets of a poll can have been ready. Only an upper bound of the lag is known,
/// but a generator that cannot keep up with what it receives is always found out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag {
    /// No socket of the current poll was ready before.
    ready_since: Timestamp,
    polled_at: Timestamp,
    was_full: bool,
}

impl Lag {
    /// A poll began at `begin` and returned at `end`; `is_full`: it may have left sockets out.
    pub(super) fn on_poll(&mut self, begin: Timestamp, end: Timestamp, is_full: bool) {
        if !self.was_full {
            self.ready_since = self.polled_at;
            if end.since(begin) > WAITED {
                self.ready_since = end;
            }
        }
        self.polled_at = end;
        self.was_full = is_full;
    }

    pub(super) const fn ready_since(&self) -> Timestamp {
        self.ready_since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1_000;

    /// Polls as (begin, end, full), in microseconds.
    fn check(polls: &[(u64, u64, bool)], ready_since_us: u64) {
        let mut lag = Lag::default();
        for &(begin, end, is_full) in polls {
            lag.on_poll(Timestamp(begin * US), Timestamp(end * US), is_full);
        }
        assert_eq!(
            lag.ready_since(),
            Timestamp(ready_since_us * US),
            "{polls:?}"
        );
    }

    #[test]
    fn after_a_wait_nothing_has_lagged() {
        check(&[(0, 500, false)], 500);
    }

    #[test]
    fn what_is_ready_at_once_may_be_since_the_last_poll() {
        check(&[(0, 500, false), (4_000, 4_010, false)], 500);
    }

    #[test]
    fn what_a_full_poll_left_out_is_as_old_as_its_own() {
        check(
            &[(0, 500, true), (4_000, 4_010, true), (8_000, 8_010, false)],
            500,
        );
        check(
            &[(0, 500, true), (4_000, 4_010, false), (8_000, 8_010, false)],
            4_010,
        );
    }
}
