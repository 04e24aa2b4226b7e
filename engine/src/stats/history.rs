//! The last minutes, second by second: what a plot of lateness is drawn from.

use std::collections::VecDeque;
use std::time::Duration;

use downbeat_schemas::id::ShardId;
use downbeat_schemas::time::Timestamp;
use hdrhistogram::Histogram;

use super::ShardStats;
use super::tick_meter::TickMeter;

/// Moments that are kept: five minutes, if all shards are punctual.
const MOMENTS_MAX: usize = 300;
/// How long a moment waits for a shard that tells nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// What all shards told in about one second, the ticks of all rooms of games together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moment {
    /// Rises by one from moment to moment, from 1 on.
    pub(crate) number: u64,
    /// When it was closed.
    pub(crate) at: Timestamp,
    pub(crate) ticks: u64,
    pub(crate) skipped: u64,
    pub(crate) lateness: Quantiles,
    pub(crate) duration: Quantiles,
    pub(crate) completion: Quantiles,
}

/// Of one kind of time, microseconds; all 0 without ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) p50_us: f32,
    pub(crate) p90_us: f32,
    pub(crate) p99_us: f32,
    pub(crate) p999_us: f32,
    pub(crate) max_us: f32,
}

/// Collects the moment that is under way, and keeps those before it.
#[derive(Debug)]
pub(super) struct History {
    moments: VecDeque<Moment>,
    ticks: TickMeter<u64>,
    /// Which shards have told something since the last moment.
    told: Vec<bool>,
    closed_at: Timestamp,
}

impl History {
    pub(super) fn new(shards: usize) -> Self {
        Self {
            moments: VecDeque::new(),
            ticks: TickMeter::default(),
            told: vec![false; shards],
            closed_at: Timestamp::default(),
        }
    }

    /// Adds what a shard handed over. The monitor does not look at itself.
    pub(super) fn take(&mut self, shard: ShardId, full: &ShardStats) {
        self.told[usize::from(shard.0)] = true;
        let rooms = full.rooms.iter();
        for (_, room) in rooms.filter(|(name, _)| *name != crate::monitor::ROOM_NAME) {
            self.ticks.absorb(&room.ticks);
        }
    }

    /// Ends the moment if all shards have told their part of it, or one is too late.
    pub(super) fn close_moment(&mut self, now: Timestamp) {
        let is_whole = self.told.iter().all(|told| *told);
        if !is_whole && now.since(self.closed_at) < PATIENCE {
            return;
        }
        if self.moments.len() == MOMENTS_MAX {
            self.moments.pop_front();
        }
        let number = self.moments.back().map_or(1, |last| last.number + 1);
        self.moments.push_back(Moment {
            number,
            at: now,
            ticks: self.ticks.duration.histogram.len(),
            skipped: self.ticks.skipped,
            lateness: Quantiles::of(&self.ticks.lateness.histogram),
            duration: Quantiles::of(&self.ticks.duration.histogram),
            completion: Quantiles::of(&self.ticks.completion_lateness.histogram),
        });
        self.ticks.clear();
        self.told.fill(false);
        self.closed_at = now;
    }

    /// The moments after this one.
    pub(super) fn since(&self, number: u64) -> Vec<Moment> {
        let newer = self.moments.iter().filter(|moment| moment.number > number);
        newer.copied().collect()
    }
}

impl Quantiles {
    fn of(histogram: &Histogram<u64>) -> Self {
        let us = |ns: u64| ns as f32 / 1_000.0;
        let at = |quantile| us(histogram.value_at_quantile(quantile));
        Self {
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: us(histogram.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: u64) -> Timestamp {
        Timestamp(number * 1_000_000_000)
    }

    fn told(ticks: u64, took: Duration) -> ShardStats {
        let mut stats = ShardStats::default();
        for _ in 0..ticks {
            stats.room("arena").ticks.record(Duration::ZERO, took);
            let own = stats.room(crate::monitor::ROOM_NAME);
            own.ticks.record(Duration::from_secs(9), took);
        }
        stats
    }

    #[test]
    fn a_moment_is_what_each_shard_told_once() {
        let mut history = History::new(2);
        history.take(ShardId(0), &told(10, Duration::from_millis(1)));
        history.close_moment(second(1));
        assert_eq!(history.since(0), [], "one shard is still to come");
        history.take(ShardId(1), &told(10, Duration::from_millis(4)));
        history.close_moment(second(2));
        history.close_moment(second(3));
        let [moment] = history.since(0)[..] else {
            panic!("one moment: the next is not whole");
        };
        assert_eq!((moment.number, moment.ticks, moment.at), (1, 20, second(2)));
        assert!((990.0..1_010.0).contains(&moment.duration.p50_us));
        assert!((3_960.0..4_040.0).contains(&moment.duration.p99_us));
        // Not those of the monitor, which came nine seconds late.
        assert!(moment.lateness.max_us < 1.0, "{moment:?}");
    }

    #[test]
    fn a_shard_that_is_silent_holds_nothing_up_for_long() {
        let mut history = History::new(2);
        for number in 1..=1_000 {
            history.take(ShardId(0), &told(1, Duration::from_millis(1)));
            history.close_moment(second(number));
        }
        let moments = history.since(0);
        assert_eq!(moments.len(), MOMENTS_MAX);
        let last = moments[MOMENTS_MAX - 1];
        assert_eq!((last.number, last.ticks), (333, 3));
        assert_eq!(history.since(last.number), []);
        assert_eq!(history.since(last.number - 2).len(), 2);
    }
}
