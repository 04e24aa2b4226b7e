//! The figures of a run, ready to be shown and kept: as JSON they are these structs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::idle::Quiet;
use super::scenario::{Party, Plan};
use super::server::Ticks;
use super::take::Take;
use crate::load::{Distribution, Harvest, Machine, PartyReport, Report, Span, Verdict};

/// One run of a scenario.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunFigures {
    #[serde(flatten)]
    pub(super) verdict: Verdict,
    pub(super) measured_s: f64,
    pub(super) clients: u32,
    /// The server's own figures, by room type. Empty if it has no /metrics.
    pub(super) ticks: BTreeMap<String, TickFigures>,
    pub(super) parties: Vec<PartyFigures>,
    pub(super) cpu: Option<CpuFigures>,
    pub(super) memory: Option<MemoryFigures>,
    pub(super) quiet: Option<Quiet>,
    /// Of one core, all of the clients' threads together.
    pub(super) generator_cpu_percent: Option<f64>,
    /// What could not be read, in words.
    pub(super) missing: Vec<String>,
}

/// The ticks of one room type inside the window.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TickFigures {
    pub(super) hz: u16,
    pub(super) ticks: u64,
    pub(super) skipped: u64,
    pub(super) start_lateness_ms: Distribution,
    pub(super) duration_ms: Distribution,
    pub(super) completion_lateness_ms: Distribution,
}

/// What clients saw who did the same.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PartyFigures {
    pub(super) name: &'static str,
    pub(super) room: String,
    pub(super) inputs_hz: f64,
    #[serde(flatten)]
    pub(super) seen: PartyReport,
}

/// Of the server's process, in percent of one core, while it was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct CpuFigures {
    pub(super) percent: f64,
    pub(super) user_percent: f64,
    pub(super) system_percent: f64,
    /// `None` where not all were there all the time.
    pub(super) percent_per_1000_clients: Option<f64>,
}

/// Resident memory of the server's process: the kernel's socket buffers are not in it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct MemoryFigures {
    pub(super) before_kib: u64,
    /// With all who were there when the window opened.
    pub(super) after_kib: u64,
    pub(super) per_client_kib: f64,
}

impl RunFigures {
    pub(super) fn new(plan: &Plan, take: &Take) -> Self {
        let parties: Vec<_> = plan
            .parties
            .iter()
            .zip(&take.harvests)
            .filter_map(|(party, harvest)| Some((party, harvest.as_ref()?)))
            .collect();
        let measured_s = parties
            .iter()
            .filter(|(party, _)| !party.is_late)
            .map(|(_, harvest)| harvest.meter.window.seconds())
            .fold(0.0, f64::max);
        let present = f64::from(plan.present());
        let ticks = take.rooms.iter();
        Self {
            verdict: verdict(&parties),
            measured_s,
            clients: plan.clients(),
            ticks: ticks
                .map(|(room, ticks)| (room.clone(), TickFigures::new(ticks)))
                .collect(),
            parties: parties
                .iter()
                .map(|(party, harvest)| PartyFigures::new(plan, party, harvest))
                .collect(),
            cpu: CpuFigures::new(&take.server, measured_s, plan),
            memory: MemoryFigures::new(&take.server, present),
            quiet: take.quiet,
            generator_cpu_percent: take
                .generator
                .used()
                .filter(|_| measured_s > 0.0)
                .map(|cpu| cpu.total_s() / measured_s * 100.0),
            missing: take.missing.clone(),
        }
    }
}

/// The worst that the parties say. Those who come late send nothing and end when they are told to:
/// of them it only matters that they came.
fn verdict(parties: &[(&Party, &Harvest)]) -> Verdict {
    let (mut invalid, mut incomplete) = (Vec::new(), Vec::new());
    for (party, harvest) in parties {
        let named = |reasons: Vec<String>| {
            let name = party.name;
            reasons
                .into_iter()
                .map(move |reason| format!("{name}: {reason}"))
        };
        match Verdict::new(&harvest.meter, &harvest.census) {
            Verdict::Valid => {}
            Verdict::Invalid(reasons) => invalid.extend(named(reasons)),
            Verdict::Incomplete(reasons) => incomplete.extend(named(reasons)),
        }
        if harvest.is_cut_short && !party.is_late {
            incomplete.push(format!("{}: cut short", party.name));
        }
    }
    match (invalid.is_empty(), incomplete.is_empty()) {
        (false, _) => Verdict::Invalid(invalid),
        (true, false) => Verdict::Incomplete(incomplete),
        (true, true) => Verdict::Valid,
    }
}

impl TickFigures {
    pub(super) fn new(ticks: &Ticks) -> Self {
        const NS_PER_MS: f64 = 1e6;
        let distribution = |histogram| Distribution::scaled(histogram, NS_PER_MS);
        Self {
            hz: ticks.hz,
            ticks: ticks.count(),
            skipped: ticks.skipped,
            start_lateness_ms: distribution(&ticks.start_lateness),
            duration_ms: distribution(&ticks.duration),
            completion_lateness_ms: distribution(&ticks.completion_lateness),
        }
    }

    pub(super) fn period_ms(&self) -> f64 {
        1e3 / f64::from(self.hz.max(1))
    }

    /// The rule of the headline: p99.9 of completion lateness within 10 % of the period, no skip.
    pub(super) fn is_punctual(&self) -> bool {
        self.skipped == 0 && self.completion_lateness_ms.p999 <= self.period_ms() * 0.1
    }
}

impl PartyFigures {
    fn new(plan: &Plan, party: &Party, harvest: &Harvest) -> Self {
        let args = party.load_args(plan, "", party.clients, 1);
        let report = Report::new(&args, Machine::this(), String::new(), harvest);
        Self {
            name: party.name,
            room: party.room.clone(),
            inputs_hz: report.rate_hz,
            seen: report.into_party(),
        }
    }
}

impl CpuFigures {
    fn new(span: &Span, seconds: f64, plan: &Plan) -> Option<Self> {
        let used = span.used().filter(|_| seconds > 0.0)?;
        let percent = |used_s: f64| used_s / seconds * 100.0;
        Some(Self {
            percent: percent(used.total_s()),
            user_percent: percent(used.user_s),
            system_percent: percent(used.system_s),
            percent_per_1000_clients: (plan.present() == plan.clients())
                .then(|| percent(used.total_s()) * 1_000.0 / f64::from(plan.clients())),
        })
    }
}

impl MemoryFigures {
    fn new(span: &Span, clients: f64) -> Option<Self> {
        let before_kib = span.before.as_ref()?.rss_kib;
        let after_kib = span.opened.as_ref()?.rss_kib;
        Some(Self {
            before_kib,
            after_kib,
            per_client_kib: (after_kib as f64 - before_kib as f64) / clients.max(1.0),
        })
    }
}
