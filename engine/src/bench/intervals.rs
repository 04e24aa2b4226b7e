//! What happened in each second of a window, for interval logs.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::server::Page;
use crate::load::Second;

/// All intervals of one run, by what they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Intervals {
    pub(super) all: BTreeMap<String, Vec<Interval>>,
    page: Option<(Duration, Page)>,
    seconds: BTreeMap<usize, Second>,
}

/// One interval, since the window opened.
#[derive(Clone, Debug)]
pub(super) struct Interval {
    pub(super) start: Duration,
    pub(super) end: Duration,
    pub(super) histogram: Histogram<u64>,
    /// Values of the histogram in a millisecond.
    pub(super) per_ms: f64,
}

const NS_PER_MS: f64 = 1e6;
const US_PER_MS: f64 = 1e3;

impl Intervals {
    /// The server's ticks up to here are not of this window.
    pub(super) fn begin(&mut self, page: Page) {
        self.page = Some((Duration::ZERO, page));
    }

    /// The server's ticks, up to now.
    pub(super) fn ticks(&mut self, at: Duration, page: Page) {
        if let Some((start, earlier)) = &self.page {
            for (room, ticks) in page.since(earlier) {
                let interval = Interval {
                    start: *start,
                    end: at,
                    histogram: ticks.completion_lateness,
                    per_ms: NS_PER_MS,
                };
                let name = format!("completion-lateness-{room}");
                self.all.entry(name).or_default().push(interval);
            }
        }
        self.page = Some((at, page));
    }

    /// What the clients of one thread saw, up to now.
    pub(super) fn clients(&mut self, thread: usize, second: Second) {
        let before = self.seconds.get(&thread);
        let start = before.map_or(Duration::ZERO, |before| before.at);
        let since = |now: &Histogram<u64>, before: Option<&Histogram<u64>>| {
            let mut since = now.clone();
            if let Some(before) = before {
                since.subtract(before).expect("counts only ever rise");
            }
            since
        };
        let parts = [
            (
                "input-to-state",
                since(&second.input_to_state, before.map(|b| &b.input_to_state)),
            ),
            (
                "patch-inter-arrival",
                since(&second.inter_arrival, before.map(|b| &b.inter_arrival)),
            ),
        ];
        for (name, histogram) in parts {
            let interval = Interval {
                start,
                end: second.at,
                histogram,
                per_ms: US_PER_MS,
            };
            self.put(name, interval);
        }
        self.seconds.insert(thread, second);
    }

    /// Threads measure at the same time: what they saw in a second is one interval.
    fn put(&mut self, name: &str, interval: Interval) {
        let intervals = self.all.entry(name.to_owned()).or_default();
        let is_same = |other: &&mut Interval| {
            other.start.as_millis().abs_diff(interval.start.as_millis()) < 500
        };
        match intervals.iter_mut().rev().find(is_same) {
            Some(same) => same
                .histogram
                .add(&interval.histogram)
                .expect("all have the same bounds"),
            None => intervals.push(interval),
        }
    }
}
