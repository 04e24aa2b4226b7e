//! The histograms of ticks as JSON: exact within one percent, where the buckets of `/metrics` are
//! coarse. The difference of two pages is what happened between them.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::clerk::Books;
use super::tick_meter::Times;

/// The rooms of one type on one shard.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ticks<'a> {
    shard: usize,
    room: &'a str,
    tick_hz: Option<u16>,
    skipped: u64,
    lateness: Recorded,
    duration: Recorded,
    completion_lateness: Recorded,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    count: u64,
    sum_ns: u64,
    max_ns: u64,
    /// Times and how often there was each; times that differ by less than one percent are one.
    counts: Vec<(u64, u64)>,
}

pub(super) fn write(books: &Books<'_>) -> String {
    let ticks = books.rooms().map(|(shard, room, stats)| Ticks {
        shard,
        room,
        tick_hz: books.tick_hz(room),
        skipped: stats.ticks.skipped,
        lateness: Recorded::new(&stats.ticks.lateness),
        duration: Recorded::new(&stats.ticks.duration),
        completion_lateness: Recorded::new(&stats.ticks.completion_lateness),
    });
    let ticks: Vec<Ticks<'_>> = ticks.collect();
    serde_json::to_string(&ticks).expect("histograms are plain data")
}

impl Books<'_> {
    fn tick_hz(&self, room: &str) -> Option<u16> {
        let definition = self.node.definitions.get(room)?;
        Some(definition.room_type().tick_hz())
    }
}

impl Recorded {
    fn new(times: &Times<u64>) -> Self {
        let histogram: &Histogram<u64> = &times.histogram;
        let recorded = histogram.iter_recorded();
        Self {
            count: histogram.len(),
            sum_ns: u64::try_from(times.sum.as_nanos()).unwrap_or(u64::MAX),
            max_ns: histogram.max(),
            counts: recorded
                .map(|value| (value.value_iterated_to(), value.count_at_value()))
                .collect(),
        }
    }
}
