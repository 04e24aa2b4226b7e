//! Prometheus text, exposition format 0.0.4.

use std::fmt::{Display, Write};

/// What a family of samples is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A label: its name and its value.
pub(super) type Label<'a> = (&'static str, &'a dyn Display);

/// A page under way.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// The samples of this family follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl Display) {
        self.line(format_args!("{name}{} {value}", Labels(labels)));
    }

    /// A histogram whose buckets rise, each with its upper bound, up to `count`.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &[Label<'_>],
        rising: impl Iterator<Item = (f64, u64)>,
        sum: f64,
        count: u64,
    ) {
        let bucket = format!("{name}_bucket");
        for (bound, below) in rising {
            self.sample(&bucket, &[labels, &[("le", &bound)]].concat(), below);
        }
        self.sample(&bucket, &[labels, &[("le", &"+Inf")]].concat(), count);
        self.sample(&format!("{name}_sum"), labels, sum);
        self.sample(&format!("{name}_count"), labels, count);
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

struct Labels<'a>(&'a [Label<'a>]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, (name, value)) in self.0.iter().enumerate() {
            let before = if number == 0 { '{' } else { ',' };
            write!(f, "{before}{name}=\"{}\"", escape(&value.to_string()))?;
        }
        f.write_str(if self.0.is_empty() { "" } else { "}" })
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_families_and_samples() {
        let mut text = Text::default();
        text.family("a_total", Kind::Counter, "All a.");
        text.sample("a_total", &[], 3);
        text.family("b_bytes", Kind::Histogram, "Sizes.");
        let room = "x\"y\\z\n";
        let rising = [(0.5, 1), (64.0, 2)].into_iter();
        text.histogram(
            "b_bytes",
            &[("shard", &1), ("room", &room)],
            rising,
            70.5,
            3,
        );
        let labels = r#"shard="1",room="x\"y\\z\n""#;
        let expected = format!(
            "# HELP a_total All a.\n# TYPE a_total counter\na_total 3\n\
             # HELP b_bytes Sizes.\n# TYPE b_bytes histogram\n\
             b_bytes_bucket{{{labels},le=\"0.5\"}} 1\n\
             b_bytes_bucket{{{labels},le=\"64\"}} 2\n\
             b_bytes_bucket{{{labels},le=\"+Inf\"}} 3\n\
             b_bytes_sum{{{labels}}} 70.5\nb_bytes_count{{{labels}}} 3\n"
        );
        assert_eq!(text.into_string(), expected);
    }
}
