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

    fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.name == name)
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
    }

    #[test]
    fn a_line_that_is_no_sample_is_shown() {
        for line in ["downbeat_clients", "a{b=\"c\" 1", "a{b} 1", "a many"] {
            let error = Metrics::parse(line).unwrap_err();
            assert!(error.to_string().contains(line));
        }
    }
}
