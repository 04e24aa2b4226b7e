//! The server's own histograms of ticks: `GET /metrics/histograms`.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Deserialize;

/// One page: everything since the server started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Page(Vec<Entry>);

/// The rooms of one type on one shard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    room: String,
    tick_hz: Option<u16>,
    skipped: u64,
    lateness: Recorded,
    duration: Recorded,
    completion_lateness: Recorded,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Recorded {
    /// Nanoseconds, and how often there was such a time.
    counts: Vec<(u64, u64)>,
}

/// The ticks of the rooms of one type, on all shards. Histograms hold nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    pub(crate) hz: u16,
    pub(crate) skipped: u64,
    /// Actual minus scheduled start.
    pub(crate) start_lateness: Histogram<u64>,
    pub(crate) duration: Histogram<u64>,
    /// End minus scheduled start.
    pub(crate) completion_lateness: Histogram<u64>,
}

/// As the server has them: from a microsecond to a minute, within one percent.
const LOWEST_NS: u64 = 1_000;
const HIGHEST_NS: u64 = 60_000_000_000;
const DIGITS: u8 = 2;
/// What a room ticks at that does not say.
const HZ: u16 = 20;

/// An empty histogram of nanoseconds.
pub(crate) fn times() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS).expect("the bounds are in order")
}

impl Page {
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The room types that ticked since an earlier page of the same server, with their ticks.
    pub(crate) fn since(&self, earlier: &Self) -> BTreeMap<String, Ticks> {
        let mut rooms = BTreeMap::new();
        for entry in &self.0 {
            let ticks = rooms
                .entry(entry.room.clone())
                .or_insert_with(|| Ticks::new(entry.tick_hz.unwrap_or(HZ)));
            ticks.add(entry);
        }
        for entry in &earlier.0 {
            if let Some(ticks) = rooms.get_mut(&entry.room) {
                ticks.remove(entry);
            }
        }
        rooms.retain(|_, ticks| ticks.count() > 0 || ticks.skipped > 0);
        rooms
    }
}

impl Ticks {
    pub(crate) fn new(hz: u16) -> Self {
        Self {
            hz,
            skipped: 0,
            start_lateness: times(),
            duration: times(),
            completion_lateness: times(),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.completion_lateness.len()
    }

    fn add(&mut self, entry: &Entry) {
        self.skipped += entry.skipped;
        for (all, more) in self.beside(entry) {
            for (time, count) in &more.counts {
                all.saturating_record_n(*time, *count);
            }
        }
    }

    fn remove(&mut self, entry: &Entry) {
        self.skipped = self.skipped.saturating_sub(entry.skipped);
        for (all, less) in self.beside(entry) {
            let mut before = times();
            for (time, count) in &less.counts {
                before.saturating_record_n(*time, *count);
            }
            // Fails if the server was started anew: then all of it is new.
            let _ = all.subtract(&before);
        }
    }

    fn beside<'a>(&mut self, entry: &'a Entry) -> [(&mut Histogram<u64>, &'a Recorded); 3] {
        [
            (&mut self.start_lateness, &entry.lateness),
            (&mut self.duration, &entry.duration),
            (&mut self.completion_lateness, &entry.completion_lateness),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(shards: &[(&str, u64, &str)]) -> Page {
        let entries: Vec<_> = shards
            .iter()
            .map(|(room, skipped, counts)| {
                format!(
                    r#"{{"shard":0,"room":"{room}","tickHz":30,"skipped":{skipped},
                        "lateness":{{"counts":[]}},"duration":{{"counts":[]}},
                        "completionLateness":{{"count":1,"counts":{counts}}}}}"#
                )
            })
            .collect();
        Page::parse(&format!("[{}]", entries.join(","))).unwrap()
    }

    #[test]
    fn what_came_between_two_pages_is_their_difference_over_all_shards() {
        let before = page(&[
            ("arena", 1, "[[1000000,7],[500000000,1]]"),
            ("chat", 0, "[[9000000000,1]]"),
        ]);
        let after = page(&[
            ("arena", 3, "[[1000000,8],[200000000,1],[500000000,1]]"),
            ("arena", 0, "[[1000000,10]]"),
            ("chat", 0, "[[9000000000,1]]"),
        ]);
        let rooms = after.since(&before);
        assert_eq!(rooms.keys().collect::<Vec<_>>(), ["arena"]);
        let arena = &rooms["arena"];
        assert_eq!((arena.hz, arena.skipped, arena.count()), (30, 2, 12));
        let longest_ms = arena.completion_lateness.max() / 1_000_000;
        assert!((198..=202).contains(&longest_ms), "{longest_ms}");
        assert!(after.since(&after).is_empty());
        assert_eq!(after.since(&Page::default())["chat"].count(), 1);
    }
}
