//! How punctual the rooms of one type are.

use std::time::Duration;

use hdrhistogram::{Counter, Histogram};

/// The finest difference that is kept, and the longest tick: microseconds matter, minutes do not.
const LOWEST_NS: u64 = 1_000;
const HIGHEST_NS: u64 = 60_000_000_000;
/// Two digits keep a histogram at some 10 KB and every figure within one percent.
const DIGITS: u8 = 2;

/// The ticks of the rooms of one type on one shard.
///
/// Every figure is against the schedule that is never rebased: a late tick stays late in all that
/// follows, until the room has caught up.
#[derive(Clone, Debug)]
pub(crate) struct TickMeter<C: Counter> {
    /// Actual start minus scheduled start.
    pub(crate) lateness: Times<C>,
    /// End minus actual start.
    pub(crate) duration: Times<C>,
    /// End minus scheduled start.
    pub(crate) completion_lateness: Times<C>,
    /// Ticks left out because the room was too late.
    pub(crate) skipped: u64,
    /// Ticks that took longer than `slow_tick_ms`.
    pub(crate) slow: u64,
}

/// How often there was which time, and all of it together.
#[derive(Clone, Debug)]
pub(crate) struct Times<C: Counter> {
    /// Nanoseconds.
    pub(crate) histogram: Histogram<C>,
    /// Exact, where the histogram is not.
    pub(crate) sum: Duration,
}

impl<C: Counter> Default for TickMeter<C> {
    fn default() -> Self {
        Self {
            lateness: Times::default(),
            duration: Times::default(),
            completion_lateness: Times::default(),
            skipped: 0,
            slow: 0,
        }
    }
}

impl<C: Counter> TickMeter<C> {
    /// Notes one tick.
    pub(crate) fn record(&mut self, lateness: Duration, duration: Duration) {
        self.lateness.record(lateness);
        self.duration.record(duration);
        self.completion_lateness.record(lateness + duration);
    }

    /// Forgets everything; the memory stays.
    pub(super) fn clear(&mut self) {
        self.lateness.clear();
        self.duration.clear();
        self.completion_lateness.clear();
        (self.skipped, self.slow) = (0, 0);
    }
}

impl<C: Counter> Default for Times<C> {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS);
        Self {
            histogram: histogram.expect("the bounds are in order"),
            sum: Duration::ZERO,
        }
    }
}

impl<C: Counter> Times<C> {
    fn record(&mut self, time: Duration) {
        // A tick of more than a minute counts as a minute.
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(time_ns);
        self.sum += time;
    }

    fn clear(&mut self) {
        if !self.histogram.is_empty() {
            self.histogram.reset();
        }
        self.sum = Duration::ZERO;
    }
}

/// Totals: 32 bits are enough for what is handed over every second, and not for a server's life.
impl TickMeter<u64> {
    /// Adds what was measured since.
    pub(super) fn absorb<C: Counter>(&mut self, since: &TickMeter<C>) {
        self.lateness.absorb(&since.lateness);
        self.duration.absorb(&since.duration);
        self.completion_lateness.absorb(&since.completion_lateness);
        self.skipped += since.skipped;
        self.slow += since.slow;
    }
}

impl Times<u64> {
    fn absorb<C: Counter>(&mut self, since: &Times<C>) {
        for value in since.histogram.iter_recorded() {
            let count = value.count_at_value().as_u64();
            // Both have the same bounds, so that no value is beyond them.
            self.histogram
                .saturating_record_n(value.value_iterated_to(), count);
        }
        self.sum += since.sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_is_start_plus_duration() {
        let mut meter = TickMeter::<u32>::default();
        meter.record(Duration::from_micros(100), Duration::from_micros(900));
        meter.record(Duration::from_secs(100), Duration::ZERO);
        let completion = &meter.completion_lateness;
        assert_eq!(
            completion.sum,
            Duration::from_secs(100) + Duration::from_millis(1)
        );
        let p50_us = completion.histogram.value_at_quantile(0.5) / 1_000;
        assert!((990..=1_010).contains(&p50_us), "{p50_us}");
    }

    #[test]
    fn a_sum_of_meters_is_what_one_meter_had_measured() {
        let (mut all, mut total) = (TickMeter::<u64>::default(), TickMeter::<u64>::default());
        let mut part = TickMeter::<u32>::default();
        for round in 0..3 {
            for tick in 1..=1_000 {
                let lateness = Duration::from_nanos(tick * tick * (round + 1));
                let duration = Duration::from_micros(tick);
                all.record(lateness, duration);
                part.record(lateness, duration);
            }
            (part.skipped, part.slow) = (part.skipped + 2, part.slow + 1);
            total.absorb(&part);
            part.clear();
        }
        assert_eq!(total.lateness.histogram, all.lateness.histogram);
        assert_eq!(total.lateness.sum, all.lateness.sum);
        assert_eq!(
            total.completion_lateness.histogram,
            all.completion_lateness.histogram
        );
        assert_eq!((total.skipped, total.slow), (6, 3));
        assert_eq!((part.duration.histogram.len(), part.slow), (0, 0));
    }
}
