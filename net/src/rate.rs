//! How many messages a client may send: a token bucket in one number.

use downbeat_schemas::time::Timestamp;

const SECOND_NS: u64 = 1_000_000_000;

/// A bucket of one second's worth of messages that refills evenly.
///
/// The generic cell rate algorithm (ITU-T I.371): instead of tokens and the time they were counted
/// at, one time says when the bucket will be full again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageRate {
    full_at: Timestamp,
}

impl MessageRate {
    /// A full bucket.
    pub(crate) const fn new() -> Self {
        Self {
            full_at: Timestamp(0),
        }
    }

    /// Takes `count` messages at `now`; false if that is more than `per_second` in a second.
    pub(crate) fn take(&mut self, count: u64, per_second: u64, now: Timestamp) -> bool {
        let cost_ns = (SECOND_NS / per_second.max(1)).saturating_mul(count);
        let full_at = self.full_at.max(now).0.saturating_add(cost_ns);
        if full_at.saturating_sub(now.0) > SECOND_NS {
            return false;
        }
        self.full_at = Timestamp(full_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a message at each time (ms) and expects the number that is taken.
    fn check(per_second: u64, times_ms: impl Iterator<Item = u64>, taken: usize) {
        let mut rate = MessageRate::new();
        let count = times_ms
            .filter(|ms| rate.take(1, per_second, Timestamp(ms * 1_000_000)))
            .count();
        assert_eq!(count, taken);
    }

    #[test]
    fn a_second_of_messages_may_come_at_once_and_no_more() {
        check(200, std::iter::repeat_n(7_000, 1_000), 200);
        check(1, std::iter::repeat_n(0, 3), 1);
        check(3, std::iter::repeat_n(0, 5), 3);
        check(1_000_000, std::iter::repeat_n(0, 10), 10);
    }

    #[test]
    fn the_bucket_refills_evenly() {
        // A steady stream at the rate is never refused.
        check(20, (0..200).map(|n| n * 50), 200);
        // Twice the rate for ten seconds: the burst, then every other one.
        check(20, (0..400).map(|n| n * 25), 219);
        // Silence saves up one second's worth, not more.
        check(10, std::iter::repeat_n(60_000, 30), 10);
    }
}
