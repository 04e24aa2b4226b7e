//! What a server says of itself: Prometheus text, as far as benchmarks read it.

use std::collections::BTreeMap;

/// One page of `GET /metrics`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A page that is no Prometheus text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of /metrics is no sample: `{line}`")]
pub struct MetricsError {
    line: String,
}

/// A histogram as counts at or below bounds, seconds; the last bound is infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    rising: Vec<(f64, u64)>,
}

impl Metrics {
    /// Reads a page.
    ///
    /// # Errors
    /// [`MetricsError`] shows the line that is no sample.
    pub fn parse(page: &str) -> Result<Self, MetricsError> {
        let lines = page.lines().map(str::trim);
        let samples = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = samples.map(|line| {
            parse_sample(line).ok_or_else(|| MetricsError {
                line: line.to_owned(),
            })
        });
        Ok(Self {
            samples: samples.collect::<Result<_, _>>()?,
        })
    }

    /// The sum over all shards and whatever else tells samples of one name apart; 0 if there is
    /// none.
    pub fn sum(&self, name: &str) -> f64 {
        self.named(name).map(|sample| sample.value).sum()
    }

    /// The largest value for one room type on any shard; 0 if there is none.
    pub fn max(&self, name: &str, room: &str) -> f64 {
        let of_room =
            |sample: &&Sample| sample.labels.get("room").is_some_and(|label| label == room);
        let values = self.named(name).filter(of_room).map(|sample| sample.value);
        values.fold(0.0, f64::max)
    }

    /// A histogram for one room type, over all shards.
    pub fn buckets(&self, name: &str, room: &str) -> Buckets {
        let mut rising: Vec<(f64, u64)> = Vec::new();
        for sample in self.named(&format!("{name}_bucket")) {
            if sample.labels.get("room").is_none_or(|label| label != room) {
                continue;
            }
            let Some(bound) = sample.labels.get("le").and_then(|le| bound(le)) else {
                continue;
            };
            match rising.binary_search_by(|(other, _)| other.total_cmp(&bound)) {
                Ok(at) => rising[at].1 += sample.value as u64,
                Err(at) => rising.insert(at, (bound, sample.value as u64)),
            }
        }
        Buckets { rising }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.name == name)
    }
}

impl Buckets {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.rising.last().map_or(0, |(_, count)| *count)
    }

    /// What was added since an earlier page of the same server.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |bound: f64| {
            let same = earlier.rising.iter().find(|(other, _)| *other == bound);
            same.map_or(0, |(_, count)| *count)
        };
        let rising = self.rising.iter();
        Self {
            rising: rising
                .map(|&(bound, count)| (bound, count.saturating_sub(before(bound))))
                .collect(),
        }
    }

    /// The value at a quantile from 0 to 1, as if values lay evenly in their bucket; beyond the
    /// last finite bound, that bound. NaN if there are no values.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let rank = quantile * self.count() as f64;
        let (mut low, mut below) = (0.0, 0);
        for &(bound, count) in &self.rising {
            if count > below && count as f64 >= rank {
                let share = (rank - below as f64).max(0.0) / (count - below) as f64;
                return if bound.is_finite() {
                    low + share * (bound - low)
                } else {
                    low
                };
            }
            (low, below) = (bound, count);
        }
        f64::NAN
    }

    /// The bounds of the bucket that the quantile is in: how exact it is known.
    pub fn bounds(&self, quantile: f64) -> (f64, f64) {
        let rank = quantile * self.count() as f64;
        let (mut low, mut below) = (0.0, 0);
        for &(bound, count) in &self.rising {
            if count > below && count as f64 >= rank {
                return (low, bound);
            }
            (low, below) = (bound, count);
        }
        (f64::NAN, f64::NAN)
    }
}

/// `name{label="value",…} number`. Label values of the server hold no escapes but in names of room
/// types, and those of benchmarks have none.
fn parse_sample(line: &str) -> Option<Sample> {
    let (head, value) = line.rsplit_once(' ')?;
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, parse_labels(labels.strip_suffix('}')?)?),
        None => (head, BTreeMap::new()),
    };
    Some(Sample {
        name: name.to_owned(),
        labels,
        value: bound(value)?,
    })
}

fn parse_labels(text: &str) -> Option<BTreeMap<String, String>> {
    let labels = text.split("\",").filter(|label| !label.is_empty());
    let labels = labels.map(|label| {
        let (name, value) = label.split_once("=\"")?;
        let value = value.strip_suffix('"').unwrap_or(value);
        Some((name.to_owned(), value.to_owned()))
    });
    labels.collect()
}

fn bound(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"
# HELP downbeat_clients Clients in rooms now.
# TYPE downbeat_clients gauge
downbeat_clients{shard="0"} 3
downbeat_clients{shard="1"} 4
late_bucket{shard="0",room="arena",le="0.001"} 10
late_bucket{shard="0",room="arena",le="0.01"} 90
late_bucket{shard="0",room="arena",le="+Inf"} 100
late_bucket{shard="1",room="arena",le="0.001"} 0
late_bucket{shard="1",room="arena",le="0.01"} 0
late_bucket{shard="1",room="arena",le="+Inf"} 0
late_bucket{shard="0",room="chat",le="0.001"} 7
"#;

    #[test]
    fn samples_of_all_shards_count_together() {
        let metrics = Metrics::parse(PAGE).unwrap();
        assert_eq!(metrics.sum("downbeat_clients"), 7.0);
        assert_eq!(metrics.sum("downbeat_rooms"), 0.0);
        assert_eq!(metrics.max("late_bucket", "arena"), 100.0);
        assert_eq!(metrics.max("late_bucket", "world"), 0.0);
        assert_eq!(metrics.buckets("late", "arena").count(), 100);
        assert_eq!(metrics.buckets("late", "chat").count(), 7);
        assert_eq!(metrics.buckets("late", "world").count(), 0);
    }

    #[test]
    fn a_line_that_is_no_sample_is_shown() {
        for line in ["downbeat_clients", "a{b=\"c\" 1", "a{b} 1", "a many"] {
            let error = Metrics::parse(line).unwrap_err();
            assert!(error.to_string().contains(line));
        }
    }

    fn check(rising: &[(f64, u64)], quantile: f64, expected: f64) {
        let buckets = Buckets {
            rising: rising.to_vec(),
        };
        let found = buckets.quantile(quantile);
        assert!(
            (found - expected).abs() < 1e-9,
            "{found} is not {expected} at {quantile} of {rising:?}"
        );
    }

    #[test]
    fn a_quantile_lies_in_its_bucket() {
        let rising = [(1.0, 10), (2.0, 10), (4.0, 90), (f64::INFINITY, 100)];
        check(&rising, 0.0, 0.0);
        check(&rising, 0.05, 0.5);
        check(&rising, 0.1, 1.0);
        check(&rising, 0.5, 3.0);
        check(&rising, 0.9, 4.0);
        // Of what is beyond all bounds only that is known.
        check(&rising, 0.99, 4.0);
        check(&[(1.0, 0), (2.0, 5), (f64::INFINITY, 5)], 0.0, 1.0);
        assert!(Buckets::default().quantile(0.5).is_nan());
    }

    #[test]
    fn a_difference_holds_what_came_since() {
        let earlier = Metrics::parse(PAGE).unwrap().buckets("late", "arena");
        let later = Buckets {
            rising: vec![(0.001, 10), (0.01, 190), (f64::INFINITY, 200)],
        };
        let since = later.since(&earlier);
        assert_eq!(since.count(), 100);
        assert!((since.quantile(0.5) - 0.0055).abs() < 1e-9);
        assert_eq!(since.bounds(0.5), (0.001, 0.01));
        assert_eq!(later.since(&Buckets::default()), later);
    }
}
