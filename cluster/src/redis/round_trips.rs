//! How long commands take, for metrics.

use std::time::Duration;

/// Upper bounds of the buckets. Below 1 ms is loopback and one data centre; a node waits 250 ms for
/// an answer, and gives up then.
const BOUNDS: [Duration; 11] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
];

/// From a command to its answer, as a histogram. Those without an answer are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// By the first bound that is not exceeded.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl RoundTrips {
    pub(crate) fn note(&mut self, taken: Duration) {
        let bucket = BOUNDS.iter().position(|bound| taken <= *bound);
        if let Some(bucket) = bucket.and_then(|bucket| self.buckets.get_mut(bucket)) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += taken;
    }

    /// Each bound, and how many were not longer.
    pub fn rising(&self) -> impl Iterator<Item = (Duration, u64)> {
        let buckets = BOUNDS.into_iter().zip(self.buckets);
        buckets.scan(0, |below, (bound, here)| {
            *below += here;
            Some((bound, *below))
        })
    }

    /// How many there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of them together.
    pub const fn sum(&self) -> Duration {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_rise_to_the_count() {
        let mut trips = RoundTrips::default();
        for taken_us in [100, 101, 5_000, 400_000] {
            trips.note(Duration::from_micros(taken_us));
        }
        let below = |bound_us| {
            let mut rising = trips.rising();
            let found = rising.find(|(bound, _)| *bound == Duration::from_micros(bound_us));
            found.map(|(_, below)| below)
        };
        assert_eq!(below(100), Some(1));
        assert_eq!(below(250), Some(2));
        assert_eq!(below(5_000), Some(3));
        assert_eq!(below(250_000), Some(3));
        assert_eq!(trips.count(), 4);
        assert_eq!(trips.sum(), Duration::from_micros(405_201));
        assert!(BOUNDS.is_sorted());
    }
}
