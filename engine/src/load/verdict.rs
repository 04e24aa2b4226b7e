//! Whether a run says something about the server, or only about the generator.

use std::process::ExitCode;

use hdrhistogram::Histogram;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::fleet::Census;
use super::meter::Meter;

/// Latencies count from the intended time, so a late send only makes the server look worse; but
/// beyond half the period of 20 inputs a second, inputs come in bunches that nobody asked for.
const SEND_LATE_US: u64 = 25_000;
/// The kernel tells when bytes came, so a late read changes no figure until the next patch has
/// come to the same socket: that is the period of a 20 Hz room.
const READ_LATE_US: u64 = 50_000;

/// What the figures are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All clients played to the end.
    Valid,
    /// The figures are good, but not all clients joined or stayed.
    Incomplete(Vec<String>),
    /// The generator was the limit: the figures say nothing of the server.
    Invalid(Vec<String>),
}

impl Verdict {
    pub(crate) fn new(meter: &Meter, census: &Census) -> Self {
        let late = [
            late("sends", &meter.send_lateness, SEND_LATE_US),
            late("reads", &meter.read_lateness, READ_LATE_US),
        ];
        let invalid: Vec<_> = late.into_iter().flatten().collect();
        if !invalid.is_empty() {
            return Self::Invalid(invalid);
        }
        let incomplete = incomplete(meter, census);
        if !incomplete.is_empty() {
            return Self::Incomplete(incomplete);
        }
        Self::Valid
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Incomplete(_) => "incomplete",
            Self::Invalid(_) => "invalid",
        }
    }

    /// Why it is not valid.
    pub(crate) fn reasons(&self) -> &[String] {
        match self {
            Self::Valid => &[],
            Self::Incomplete(reasons) | Self::Invalid(reasons) => reasons,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Valid => 0,
            Self::Incomplete(_) => 1,
            Self::Invalid(_) => 2,
        })
    }
}

/// Reasons are there, if only as none, whatever the verdict: the fields of a report do not depend on
/// how a run went.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Verdict", 2)?;
        fields.serialize_field("verdict", self.name())?;
        fields.serialize_field("reasons", self.reasons())?;
        fields.end()
    }
}

fn late(what: &str, histogram: &Histogram<u64>, limit_us: u64) -> Option<String> {
    let p99_us = histogram.value_at_quantile(0.99);
    (p99_us > limit_us).then(|| {
        let (p99_ms, late_ms) = (p99_us as f64 / 1e3, limit_us as f64 / 1e3);
        format!("the generator's own {what} were late: p99 {p99_ms:.1} ms, over {late_ms:.1} ms")
    })
}

fn incomplete(meter: &Meter, census: &Census) -> Vec<String> {
    let mut reasons = Vec::new();
    if census.joined < census.wanted {
        let (joined, wanted) = (census.joined, census.wanted);
        reasons.push(format!("{joined} of {wanted} clients got to play"));
    }
    let closed: u32 = census.closed.values().sum();
    if closed > 0 {
        reasons.push(format!(
            "{closed} clients were closed or lost before the end"
        ));
    }
    if census.not_rejoined > 0 {
        let (missing, left) = (census.not_rejoined, census.left);
        reasons.push(format!("{missing} of {left} that left did not come back"));
    }
    let counts = meter.counts;
    if meter.window.seconds() == 0.0 {
        reasons.push("nothing was measured".to_owned());
    } else if counts.inputs > 0 && counts.patches + counts.snapshots == 0 {
        reasons.push("no patch came although inputs were sent".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::super::meter::Window;
    use super::*;
    use downbeat_schemas::time::Timestamp;

    const US: u64 = 1_000;

    /// A thousand sends and reads; ten of them late.
    fn meter(send_late_us: u64, read_late_us: u64) -> Meter {
        let mut meter = Meter::new();
        meter.window = Window {
            opens: Timestamp(0),
            closes: Timestamp::NEVER,
        };
        for n in 0..1_000 {
            let is_late = n % 90 == 0;
            let late = |late_us| Timestamp(if is_late { late_us * US } else { 50 * US });
            meter.input(Timestamp(0), 60, late(send_late_us));
            meter.received(600, Timestamp(0), late(read_late_us));
        }
        meter.patch(600, Timestamp(0));
        meter
    }

    fn census() -> Census {
        Census {
            wanted: 2,
            playing: 2,
            joined: 2,
            ..Census::default()
        }
    }

    fn check(meter: &Meter, census: &Census, verdict: &str, reason: &str) {
        let found = serde_json::to_string(&Verdict::new(meter, census)).unwrap();
        assert!(found.contains(&format!("\"{verdict}\"")), "{found}");
        assert!(found.contains(reason), "{found}");
    }

    #[test]
    fn a_generator_that_is_late_invalidates_the_run() {
        check(&meter(24_000, 49_000), &census(), "valid", "");
        check(
            &meter(26_000, 50),
            &census(),
            "invalid",
            "own sends were late: p99 26",
        );
        check(
            &meter(50, 70_000),
            &census(),
            "invalid",
            "own reads were late: p99 70",
        );
    }

    #[test]
    fn clients_that_are_missing_make_it_incomplete() {
        let mut missing = census();
        missing.joined = 1;
        check(
            &meter(50, 50),
            &missing,
            "incomplete",
            "1 of 2 clients got to play",
        );
        let mut lost = census();
        lost.closed.insert(1006, 1);
        check(&meter(50, 50), &lost, "incomplete", "1 clients were closed");
    }

    #[test]
    fn a_server_that_says_nothing_makes_it_incomplete() {
        check(
            &Meter::new(),
            &census(),
            "incomplete",
            "nothing was measured",
        );
        let mut silent = meter(50, 50);
        silent.counts.patches = 0;
        check(&silent, &census(), "incomplete", "no patch came");
        silent.counts.inputs = 0;
        check(&silent, &census(), "valid", "");
    }

    #[test]
    fn every_verdict_has_the_same_fields() {
        let json = |verdict: &Verdict| serde_json::to_value(verdict).unwrap();
        let valid = serde_json::json!({ "verdict": "valid", "reasons": [] });
        assert_eq!(json(&Verdict::Valid), valid);
        let late = Verdict::Invalid(vec!["late".into()]);
        let invalid = serde_json::json!({ "verdict": "invalid", "reasons": ["late"] });
        assert_eq!(json(&late), invalid);
    }
}
