//! How punctual the rooms of one type are.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The finest difference that is kept, and the longest tick: microseconds matter, minutes do not.
const LOWEST_NS: u64 = 1_000;
const HIGHEST_NS: u64 = 60_000_000_000;
/// Two digits keep a histogram at some 10 KB and every figure within one percent.
const DIGITS: u8 = 2;

/// Histograms over all ticks of the rooms of one type on one shard, nanoseconds.
///
/// Every figure is against the schedule that is never rebased: a late tick stays late in all that
/// follows, until the room has caught up.
#[derive(Clone, Debug)]
pub(crate) struct TickMeter {
    /// Actual start minus scheduled start.
    pub(crate) start_lateness: Histogram<u32>,
    /// End minus actual start.
    pub(crate) duration: Histogram<u32>,
    /// End minus scheduled start.
    pub(crate) completion_lateness: Histogram<u32>,
    /// Ticks run.
    pub(crate) run: u64,
    /// Ticks left out because the room was too late.
    pub(crate) skipped: u64,
    /// Ticks that took longer than `slow_tick_ms`.
    pub(crate) slow: u64,
}

impl Default for TickMeter {
    fn default() -> Self {
        Self {
            start_lateness: histogram(),
            duration: histogram(),
            completion_lateness: histogram(),
            run: 0,
            skipped: 0,
            slow: 0,
        }
    }
}

impl TickMeter {
    /// Notes one tick.
    pub(crate) fn record(&mut self, start_lateness: Duration, duration: Duration) {
        self.run += 1;
        record(&mut self.start_lateness, start_lateness);
        record(&mut self.duration, duration);
        record(&mut self.completion_lateness, start_lateness + duration);
    }
}

fn histogram() -> Histogram<u32> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS).expect("the bounds are in order")
}

fn record(histogram: &mut Histogram<u32>, value: Duration) {
    // A tick of more than a minute counts as a minute.
    histogram.saturating_record(u64::try_from(value.as_nanos()).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_is_start_plus_duration() {
        let mut meter = TickMeter::default();
        meter.record(Duration::from_micros(100), Duration::from_micros(900));
        meter.record(Duration::from_secs(100), Duration::ZERO);
        assert_eq!((meter.run, meter.completion_lateness.len()), (2, 2));
        let p50_us = meter.completion_lateness.value_at_quantile(0.5) / 1_000;
        assert!((990..=1_010).contains(&p50_us), "{p50_us}");
    }
}
