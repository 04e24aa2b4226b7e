//! The headline: the most players per core whose ticks are punctual.

use serde::Serialize;

use super::figures::RunFigures;
use super::outcome::FloorFigures;
use super::play::JustWatch;
use super::scenario::{Plan, Scenario, Size};
use super::search::Search;
use super::session::{Session, SessionError};
use crate::load::Verdict;

/// The answer, with all that was tried.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Capacity {
    /// In each of the server's shards.
    pub(super) players_per_core: u32,
    pub(super) limit: Limit,
    pub(super) rule: &'static str,
    pub(super) steps: Vec<Step>,
}

/// What kept it from being more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Limit {
    /// Ticks came late, or were skipped.
    Server,
    /// Already a thread that only computes half of the time wakes later than the rule allows.
    Machine,
    /// The clients' own side was too slow: the server may carry more.
    Generator,
    /// There was no room for more: open files, or the largest number that is tried.
    Size,
    /// It was stopped.
    CutShort,
}

/// One try.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    pub(super) players_per_core: u32,
    pub(super) is_punctual: bool,
    /// Milliseconds.
    pub(super) completion_p999_ms: f64,
    pub(super) skipped: u64,
    pub(super) cpu_percent: Option<f64>,
    #[serde(flatten)]
    pub(super) verdict: Verdict,
}

pub(super) const RULE: &str =
    "p99.9 of completion lateness within 10 % of the period, no tick skipped in the window";

/// Players in a room.
const SEATS: u32 = 50;
const FIRST_ROOMS: u32 = 20;
const QUICK_FIRST_ROOMS: u32 = 1;
const ROOMS_MAX: u32 = 400;
const QUICK_ROOMS_MAX: u32 = 2;
/// A tenth of the 50 ms of the arena.
const LATE_MAX_MS: f64 = 5.0;

/// Bisects over rooms of the arena, each try with a fresh server.
pub(super) fn search(
    session: &mut Session<'_>,
    floors: &[FloorFigures],
) -> Result<Capacity, SessionError> {
    let (first, max) = match session.args().quick {
        true => (QUICK_FIRST_ROOMS, QUICK_ROOMS_MAX),
        false => (FIRST_ROOMS, ROOMS_MAX),
    };
    let max = max.min(session.clients_max() / session.size().shards / SEATS);
    let mut search = Search::new(first, max);
    let mut steps = Vec::new();
    while let Some(rooms) = search.next().filter(|_| !session.is_stopped()) {
        let plan = plan(rooms, session.size());
        let figures = RunFigures::new(&plan, &session.play_once(&plan, &mut JustWatch)?);
        let step = Step::new(rooms * SEATS, figures);
        search.note(rooms, step.holds());
        steps.push(step);
    }
    Ok(Capacity {
        players_per_core: search.held() * SEATS,
        limit: match session.is_stopped() {
            true => Limit::CutShort,
            false => limit(&search, &steps, floors),
        },
        rule: RULE,
        steps,
    })
}

fn plan(rooms: u32, size: Size) -> Plan {
    let clients = Some(rooms * SEATS);
    Scenario::Arena.plan(Size { clients, ..size })
}

fn limit(search: &Search, steps: &[Step], floors: &[FloorFigures]) -> Limit {
    let Some(broke) = search.broke() else {
        return Limit::Size;
    };
    let broken = steps
        .iter()
        .find(|step| step.players_per_core == broke * SEATS);
    if broken.is_some_and(|step| matches!(step.verdict, Verdict::Invalid(_))) {
        return Limit::Generator;
    }
    let is_late = |floor: &FloorFigures| floor.load > 0.0 && floor.lateness_ms.p999 > LATE_MAX_MS;
    if floors.iter().any(is_late) {
        return Limit::Machine;
    }
    Limit::Server
}

impl Step {
    fn new(players_per_core: u32, figures: RunFigures) -> Self {
        let arena = figures.ticks.get("arena");
        Self {
            players_per_core,
            is_punctual: arena.is_some_and(|ticks| ticks.is_punctual()),
            completion_p999_ms: arena.map_or(f64::NAN, |ticks| ticks.completion_lateness_ms.p999),
            skipped: arena.map_or(0, |ticks| ticks.skipped),
            cpu_percent: figures.cpu.map(|cpu| cpu.percent),
            verdict: figures.verdict,
        }
    }

    /// What the clients' side could not carry says nothing for the server.
    fn holds(&self) -> bool {
        self.is_punctual && self.verdict == Verdict::Valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcome::Curve;
    use crate::bench::server::times;
    use crate::load::Distribution;

    fn step(rooms: u32, is_punctual: bool, verdict: Verdict) -> Step {
        Step {
            players_per_core: rooms * SEATS,
            is_punctual,
            completion_p999_ms: 1.0,
            skipped: 0,
            cpu_percent: None,
            verdict,
        }
    }

    fn busy_floor(p999: f64) -> FloorFigures {
        FloorFigures {
            name: "busy",
            core: 0,
            load: 0.5,
            wake_ups_hz: 1_000.0,
            lateness_ms: Distribution {
                p999,
                ..Distribution::default()
            },
            curve: Curve {
                name: "busy".into(),
                histogram: times(),
                per_ms: 1e6,
            },
        }
    }

    fn check(steps: &[Step], floor_ms: f64, expected: Limit) {
        let mut search = Search::new(20, 400);
        for step in steps {
            search.note(step.players_per_core / SEATS, step.holds());
        }
        let found = limit(&search, steps, &[busy_floor(floor_ms)]);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_end_that_gave_way_is_named() {
        let good = || step(20, true, Verdict::Valid);
        let invalid = Verdict::Invalid(vec!["late".into()]);
        check(&[good()], 0.1, Limit::Size);
        check(
            &[good(), step(40, false, Verdict::Valid)],
            0.1,
            Limit::Server,
        );
        check(
            &[good(), step(40, false, Verdict::Valid)],
            9.0,
            Limit::Machine,
        );
        check(&[good(), step(40, true, invalid)], 0.1, Limit::Generator);
    }
}
