//! A histogram of ticks, coarse enough to be drawn.

use hdrhistogram::Histogram;

use super::words::TimesDetail;

const PER_DECADE: f64 = 8.0;
/// From 1 µs to 10 s; what is longer is in the last.
const BUCKETS: usize = 56;

impl From<&Histogram<u32>> for TimesDetail {
    fn from(histogram: &Histogram<u32>) -> Self {
        let us = |ns: u64| ns as f64 / 1_000.0;
        let mut buckets = vec![0; BUCKETS];
        for recorded in histogram.iter_recorded() {
            let bucket = bucket_of(us(recorded.value_iterated_to()));
            buckets[bucket] += u64::from(recorded.count_at_value());
        }
        Self {
            p50: us(histogram.value_at_quantile(0.5)),
            p99: us(histogram.value_at_quantile(0.99)),
            max: us(histogram.max()),
            buckets,
        }
    }
}

fn bucket_of(time_us: f64) -> usize {
    let place = (time_us.max(1.0).log10() * PER_DECADE).floor();
    (place as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_an_eighth_of_a_decade() {
        let check = |time_us, expected| assert_eq!(bucket_of(time_us), expected, "{time_us}");
        check(0.0, 0);
        check(1.3, 0);
        check(1.4, 1);
        check(10.0, 8);
        check(1_000.0, 24);
        check(60_000_000.0, BUCKETS - 1);
    }

    #[test]
    fn no_tick_is_lost() {
        let mut histogram = Histogram::<u32>::new_with_bounds(1_000, 60_000_000_000, 2).unwrap();
        for time_us in [1, 5, 50, 50, 900, 20_000, 59_000_000] {
            histogram.record(time_us * 1_000).unwrap();
        }
        let times = TimesDetail::from(&histogram);
        assert_eq!(times.buckets.iter().sum::<u64>(), 7);
        assert_eq!(times.buckets[bucket_of(50.0)], 2);
        assert!((49.0..51.0).contains(&times.p50), "{}", times.p50);
    }
}
