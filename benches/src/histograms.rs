//! The server's own histograms of ticks: `GET /metrics/histograms`, as far as benchmarks read it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Histograms(Vec<Ticks>);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticks {
    room: String,
    completion_lateness: Recorded,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Recorded {
    /// Nanoseconds, and how often there was such a time.
    counts: Vec<(u64, u64)>,
}

impl Histograms {
    /// Reads a page.
    ///
    /// # Errors
    /// If it is another kind of JSON, or none.
    pub fn parse(page: &str) -> serde_json::Result<Self> {
        serde_json::from_str(page)
    }

    /// The longest completion lateness of a room type since an earlier page, seconds; 0 if no tick
    /// ran.
    pub fn longest_since(&self, earlier: &Self, room: &str) -> f64 {
        let before = earlier.counts(room);
        let now = self.counts(room);
        let is_new = |time: &u64, count: u64| before.get(time).is_none_or(|was| *was < count);
        let new = now.iter().filter(|(time, count)| is_new(time, **count));
        new.map(|(time, _)| *time as f64 / 1e9)
            .next_back()
            .unwrap_or(0.0)
    }

    /// Over all shards.
    fn counts(&self, room: &str) -> BTreeMap<u64, u64> {
        let mut counts = BTreeMap::new();
        for ticks in self.0.iter().filter(|ticks| ticks.room == room) {
            for (time, count) in &ticks.completion_lateness.counts {
                *counts.entry(*time).or_default() += count;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_since_counts() {
        let page = |counts: &str| {
            let other = r#"{"room":"chat","completionLateness":{"counts":[[9000000000,1]]}}"#;
            let page = format!(
                r#"[{{"room":"arena","completionLateness":{{"counts":{counts}}}}},{other}]"#
            );
            Histograms::parse(&page).unwrap()
        };
        let before = page("[[1000,7],[500000000,1]]");
        assert_eq!(before.longest_since(&before, "arena"), 0.0);
        let after = page("[[1000,8],[200000000,1],[500000000,1]]");
        assert_eq!(after.longest_since(&before, "arena"), 0.2);
        assert_eq!(after.longest_since(&before, "world"), 0.0);
    }
}
