//! How long received bytes may have waited for the generator.

use std::collections::VecDeque;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// A poll that takes longer has waited: what it reports became ready at its end.
const WAITED: Duration = Duration::from_micros(50);

/// From when on the sockets of a poll can have been ready. Only an upper bound of the lag is known,
/// but a generator that cannot keep up with what it receives is always found out.
#[derive(Clone, Debug)]
pub(super) struct Lag {
    /// For each of the latest polls, the newest last: no socket that is reported for the first
    /// time by it, with none left out before, was ready earlier.
    ready_since: VecDeque<Timestamp>,
    polled_at: Timestamp,
    /// Full polls in a row, up to now.
    full_polls: usize,
    /// epoll reports those first that it has not reported for longest: after so many full polls
    /// each socket has had its turn.
    rounds: usize,
}

impl Lag {
    /// For `sockets` sockets, of which one poll reports at most `per_poll`.
    pub(super) fn new(sockets: usize, per_poll: usize) -> Self {
        Self {
            ready_since: VecDeque::new(),
            polled_at: Timestamp::default(),
            full_polls: 0,
            rounds: sockets.div_ceil(per_poll),
        }
    }

    /// A poll began at `begin` and returned at `end`; `is_full`: it may have left sockets out.
    pub(super) fn on_poll(&mut self, begin: Timestamp, end: Timestamp, is_full: bool) {
        let has_waited = end.since(begin) > WAITED;
        let earliest = if has_waited { end } else { self.polled_at };
        self.ready_since.push_back(earliest);
        let left_out = self.full_polls.min(self.rounds);
        while self.ready_since.len() > left_out + 1 {
            self.ready_since.pop_front();
        }
        self.polled_at = end;
        self.full_polls = if is_full { self.full_polls + 1 } else { 0 };
    }

    /// The earliest moment for the latest poll.
    pub(super) fn ready_since(&self) -> Timestamp {
        self.ready_since.front().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1_000;

    /// Polls as (begin, end, full), in microseconds.
    fn check(polls: &[(u64, u64, bool)], ready_since_us: u64) {
        let mut lag = Lag::new(2_048, 1_024);
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

    #[test]
    fn after_enough_full_polls_each_socket_has_had_its_turn() {
        let full = [0, 1_000, 2_000, 3_000, 4_000].map(|begin| (begin, begin + 10, true));
        // Two polls go round: the last one reports what became ready after the third.
        check(&full, 1_010);
    }
}
