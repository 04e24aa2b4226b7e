//! Prometheus text, exposition format 0.0.4, read strictly: what a scraper would only ignore is an
//! error here.

use std::collections::{BTreeMap, BTreeSet};

/// All samples of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    families: BTreeMap<String, Family>,
    samples: BTreeMap<Sample, f64>,
}

/// What a page says of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// What it is.
    pub help: String,
    /// The labels of its samples, that of a bucket left out.
    pub labels: BTreeSet<String>,
}

/// A name with its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
}

impl Metrics {
    /// Reads a page.
    ///
    /// # Errors
    /// The line that breaks the format, and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut metrics = Self::default();
        let mut helped = BTreeMap::new();
        if !text.ends_with('\n') {
            return Err("the last line does not end".to_owned());
        }
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').ok_or("a HELP without words")?;
                if helped.insert(name, help).is_some() {
                    return Err(format!("a second HELP: {line}"));
                }
            } else if let Some(family) = line.strip_prefix("# TYPE ") {
                metrics.take_family(family, &helped)?;
            } else {
                metrics.take_sample(line)?;
            }
        }
        metrics.check_histograms()?;
        Ok(metrics)
    }

    /// Adds what another page says: the sums are those of both.
    pub fn add(&mut self, other: Self) {
        self.families.extend(other.families);
        for (sample, value) in other.samples {
            *self.samples.entry(sample).or_default() += value;
        }
    }

    /// The sum of the samples of a name that have these labels and perhaps others. Nothing is 0.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &Sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value))
        };
        let samples = self.samples.iter();
        samples
            .filter(|(sample, _)| has(sample))
            .map(|(_, value)| value)
            .sum()
    }

    /// How often a limit was hit.
    pub fn limit_hits(&self, limit: &str) -> f64 {
        self.sum("downbeat_limit_hits_total", &[("limit", limit)])
    }

    /// All families, by their names.
    pub const fn families(&self) -> &BTreeMap<String, Family> {
        &self.families
    }

    fn take_family(&mut self, family: &str, helped: &BTreeMap<&str, &str>) -> Result<(), String> {
        let (name, kind) = family.split_once(' ').ok_or("a TYPE without a type")?;
        check_name(name)?;
        if !["counter", "gauge", "histogram"].contains(&kind) {
            return Err(format!("no type: {family}"));
        }
        if kind == "counter" && !name.ends_with("_total") {
            return Err(format!("a counter's name ends with _total: {name}"));
        }
        let help = helped.get(name).ok_or(format!("no HELP before: {name}"))?;
        let family = Family {
            kind: kind.to_owned(),
            help: (*help).to_owned(),
            labels: BTreeSet::new(),
        };
        match self.families.insert(name.to_owned(), family) {
            Some(_) => Err(format!("a second TYPE: {name}")),
            None => Ok(()),
        }
    }

    fn take_sample(&mut self, line: &str) -> Result<(), String> {
        let (name, labels, rest) = match (line.split_once('{'), line.split_once(' ')) {
            (Some((name, rest)), _) => {
                let labelled = take_labels(rest).ok_or(format!("bad labels: {line}"))?;
                (name, labelled.0, labelled.1)
            }
            (None, Some((name, rest))) => (name, BTreeMap::new(), rest),
            (None, None) => return Err(format!("no value: {line}")),
        };
        check_name(name)?;
        let value: f64 = rest
            .trim()
            .parse()
            .map_err(|_| format!("no value: {line}"))?;
        let suffixes = ["", "_bucket", "_sum", "_count"];
        let mut families = suffixes.iter().filter_map(|end| name.strip_suffix(end));
        let known = families.find(|family| self.families.contains_key(*family));
        let family = known.and_then(|family| self.families.get_mut(family));
        let family = family.ok_or(format!("no TYPE before: {line}"))?;
        let own = labels.keys().filter(|label| *label != "le");
        family.labels.extend(own.cloned());
        let name = name.to_owned();
        match self.samples.insert(Sample { name, labels }, value) {
            Some(_) => Err(format!("a second time: {line}")),
            None => Ok(()),
        }
    }

    /// Buckets rise with their bounds, up to the count.
    fn check_histograms(&self) -> Result<(), String> {
        let mut last: BTreeMap<Sample, Vec<(f64, f64)>> = BTreeMap::new();
        for (sample, value) in &self.samples {
            let Some(name) = sample.name.strip_suffix("_bucket") else {
                continue;
            };
            let mut labels = sample.labels.clone();
            let bound = labels.remove("le").ok_or("a bucket without le")?;
            let bound = bound.parse().map_err(|_| format!("no bound: {bound}"))?;
            let name = format!("{name}_count");
            let series = last.entry(Sample { name, labels }).or_default();
            series.push((bound, *value));
        }
        for (count, mut buckets) in last {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            let is_rising = buckets.is_sorted_by(|a, b| a.1 <= b.1);
            let total = self.samples.get(&count);
            if !is_rising || buckets.last() != total.map(|total| (f64::INFINITY, *total)).as_ref() {
                return Err(format!(
                    "buckets of {count:?}: {buckets:?}, count {total:?}"
                ));
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let is_good = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    if name.is_empty() || !name.chars().all(is_good) {
        return Err(format!("no name: `{name}`"));
    }
    Ok(())
}

/// Reads `a="b",c="d"}` and returns what follows.
fn take_labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = take_quoted(after)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        rest = match after.strip_prefix(',') {
            Some(next) => next,
            None => return Some((labels, after.strip_prefix('}')?)),
        };
    }
}

/// Reads up to the closing quote.
fn take_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Metrics::parse(text).unwrap_err()
    }

    #[test]
    fn a_page_is_read_with_its_labels() {
        let page = "# HELP a_total All.\n# TYPE a_total counter\n\
                    a_total{b=\"1\",c=\"x\\\"y\"} 2\na_total{b=\"2\",c=\"\"} 3\n";
        let metrics = Metrics::parse(page).unwrap();
        assert_eq!(metrics.sum("a_total", &[]), 5.0);
        assert_eq!(metrics.sum("a_total", &[("c", "x\"y")]), 2.0);
    }

    #[test]
    fn what_breaks_the_format_is_refused() {
        assert!(refused("a{b} 1\n").contains("bad labels"));
        assert!(refused("a{b=\"1\"} 1\n").contains("no TYPE"));
        assert!(refused("# HELP a A.\n# TYPE a gauge\na{b=\"1\"} x\n").contains("no value"));
        assert!(refused("# HELP a A.\n# TYPE a counter\n").contains("_total"));
        assert!(refused("# TYPE a gauge\n").contains("no HELP"));
        let twice = "# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{b=\"1\"} 1\n";
        assert!(refused(twice).contains("second time"));
        let falling =
            "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n";
        assert!(refused(falling).contains("buckets"));
    }
}
