//! All that a benchmark says; as JSON it is this struct.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::capacity::Capacity;
use super::figures::RunFigures;
use super::intervals::Intervals;
use super::machine::{Cores, Facts};
use super::scaling::Scaling;
use super::scenario::Plan;
use super::self_test::SelfTest;
use super::take::Take;
use crate::load::{Distribution, Verdict};

/// The shape of the JSON. Rises when something that was there is called otherwise, or gone.
pub(super) const FORMAT: u32 = 1;

/// The outcome of a whole benchmark.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) format: u32,
    pub(super) version: &'static str,
    /// Of the sources that the program was built from, if whoever runs it says so in DOWNBEAT_COMMIT.
    pub(super) commit: Option<String>,
    pub(super) command: String,
    /// Universal time, seconds since 1970.
    pub(super) began_at_s: u64,
    pub(super) took_s: f64,
    /// By Ctrl-C.
    pub(super) is_cut_short: bool,
    pub(super) is_quick: bool,
    pub(super) machine: Facts,
    pub(super) cores: Cores,
    /// Time that the host gave to others meanwhile.
    pub(super) steal_percent: Option<f64>,
    pub(super) warnings: Vec<String>,
    pub(super) floors: Vec<FloorFigures>,
    pub(super) scenarios: Vec<ScenarioFigures>,
    pub(super) capacity: Option<Capacity>,
    pub(super) in_process: Option<Scaling>,
    pub(super) self_test: Option<SelfTest>,
}

/// How late a thread wakes that does nothing else.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FloorFigures {
    pub(super) name: &'static str,
    pub(super) core: usize,
    /// How much of the core it uses up, 0 to 1.
    pub(super) load: f64,
    pub(super) wake_ups_hz: f64,
    pub(super) lateness_ms: Distribution,
    #[serde(skip)]
    pub(super) curve: Curve,
}

/// All runs of a scenario.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ScenarioFigures {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) runs: Vec<RunFigures>,
    /// Over all runs.
    #[serde(skip)]
    pub(super) curves: Vec<Curve>,
    /// Of each run.
    #[serde(skip)]
    pub(super) intervals: Vec<Intervals>,
}

/// A histogram by its name.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// Names its file.
    pub(super) name: String,
    pub(super) histogram: Histogram<u64>,
    /// Values of the histogram in a millisecond.
    pub(super) per_ms: f64,
}

const NS_PER_MS: f64 = 1e6;
const US_PER_MS: f64 = 1e3;

impl ScenarioFigures {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            name: plan.name.clone(),
            title: plan.title.clone(),
            about: plan.about.clone(),
            runs: Vec::new(),
            curves: Vec::new(),
            intervals: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, plan: &Plan, take: Take) {
        self.runs.push(RunFigures::new(plan, &take));
        for (room, ticks) in &take.rooms {
            for (what, histogram) in [
                ("start-lateness", &ticks.start_lateness),
                ("duration", &ticks.duration),
                ("completion-lateness", &ticks.completion_lateness),
            ] {
                self.absorb(format!("{room}-{what}"), histogram, NS_PER_MS);
            }
        }
        for (party, harvest) in plan.parties.iter().zip(&take.harvests) {
            let Some(harvest) = harvest else { continue };
            let meter = &harvest.meter;
            for (what, histogram) in [
                ("input-to-state", &meter.input_to_state),
                ("patch-inter-arrival", &meter.inter_arrival),
                ("patch-age", &meter.patch_age),
                ("join", &meter.joins),
                ("own-send-lateness", &meter.send_lateness),
            ] {
                self.absorb(format!("{}-{what}", party.name), histogram, US_PER_MS);
            }
        }
        self.intervals.push(take.intervals);
    }

    fn absorb(&mut self, name: String, histogram: &Histogram<u64>, per_ms: f64) {
        if histogram.is_empty() {
            return;
        }
        match self.curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve
                .histogram
                .add(histogram)
                .expect("all runs have the same bounds"),
            None => self.curves.push(Curve {
                name,
                histogram: histogram.clone(),
                per_ms,
            }),
        }
    }
}

impl Outcome {
    /// 0: all is well. 1: something is missing or wrong. 2: the clients' own side was too slow.
    pub(super) fn exit_code(&self) -> u8 {
        let verdicts = || {
            let runs = self.scenarios.iter().flat_map(|scenario| &scenario.runs);
            runs.map(|run| &run.verdict)
        };
        let failed = self.self_test.as_ref().is_some_and(|test| !test.is_passed);
        if self.is_cut_short || failed || verdicts().any(|v| matches!(v, Verdict::Incomplete(_))) {
            return 1;
        }
        if verdicts().any(|verdict| matches!(verdict, Verdict::Invalid(_))) {
            return 2;
        }
        0
    }
}
