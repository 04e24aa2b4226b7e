//! What all parts of a benchmark share: the machine, the cores, the server of the moment.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::args::BenchArgs;
use super::idle;
use super::machine::{
    Cores, CoresError, Course, Facts, Floor, FloorError, Steal, Wish, allowed, stay_on, warnings,
};
use super::outcome::{Curve, FORMAT, FloorFigures, Outcome, ScenarioFigures};
use super::play::{Crew, During, JustWatch, PlayError, play};
use super::progress::Progress;
use super::scenario::{Plan, Size};
use super::server::{Child, ChildError, Options};
use super::subject::{Subject, SubjectError};
use super::take::Take;
use crate::load::{
    Distribution, Fleet, MachineError, TargetError, allow_descriptors, command, descriptors_max,
};

/// Why there is nothing to show, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    Cores(#[from] CoresError),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Floor(#[from] FloorError),
    #[error(transparent)]
    Child(#[from] ChildError),
    #[error(transparent)]
    Subject(#[from] SubjectError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error(transparent)]
    Scaling(#[from] super::scaling::ScalingError),
}

/// A benchmark that goes on.
#[derive(Debug)]
pub(super) struct Session<'a> {
    args: &'a BenchArgs,
    facts: Facts,
    allowed: BTreeSet<usize>,
    cores: Cores,
    stop: Arc<AtomicBool>,
    progress: Progress,
    began: (SystemTime, Instant),
    steal: Option<Steal>,
}

/// As many wake-ups as the rooms of a shard that is half full need, or more.
const FLOOR_HZ: f64 = 1_000.0;
const FLOOR_BUSY: f64 = 0.5;
const FLOOR_S: f64 = 8.0;
const QUICK_FLOOR_S: f64 = 0.5;

impl<'a> Session<'a> {
    /// Looks at the machine and chooses the cores.
    pub(super) fn new(
        args: &'a BenchArgs,
        stop: Arc<AtomicBool>,
        expected_s: f64,
    ) -> Result<Self, SessionError> {
        let root = Path::new("/");
        let facts = Facts::read(root);
        let allowed = allowed();
        let wish = Wish {
            shards: args.shard_count(),
            server: args.server_cores(),
            load: args.load_cores(),
        };
        Ok(Self {
            args,
            cores: Cores::choose(wish, &allowed, &facts)?,
            facts,
            allowed,
            stop,
            progress: Progress::new(expected_s),
            began: (SystemTime::now(), Instant::now()),
            steal: Steal::so_far(root),
        })
    }

    pub(super) const fn args(&self) -> &'a BenchArgs {
        self.args
    }

    pub(super) const fn cores(&self) -> &Cores {
        &self.cores
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) const fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    pub(super) fn size(&self) -> Size {
        Size {
            clients: self.args.clients,
            shards: self.cores.server.len() as u32,
            seconds: self.args.window_seconds(),
            is_quick: self.args.quick,
        }
    }

    /// So many clients have an open file each.
    pub(super) fn clients_max(&self) -> u32 {
        const SPARE: u64 = 1_000;
        let files = descriptors_max().saturating_sub(SPARE);
        u32::try_from(files).unwrap_or(u32::MAX).max(100)
    }

    /// The best that the first of the server's cores does.
    pub(super) fn floors(&mut self) -> Result<Vec<FloorFigures>, SessionError> {
        let length_s = floor_s(self.args);
        let mut floors = Vec::new();
        for (name, load) in [("idle", 0.0), ("busy", FLOOR_BUSY)] {
            if self.is_stopped() {
                break;
            }
            self.progress.step(&format!("floor, {name} core"), length_s);
            let floor = Floor {
                core: self.cores.server[0],
                hz: FLOOR_HZ,
                length: Duration::from_secs_f64(length_s),
                load,
            };
            floors.push(self.floor(name, floor)?);
        }
        Ok(floors)
    }

    fn floor(&mut self, name: &'static str, floor: Floor) -> Result<FloorFigures, SessionError> {
        let (stop, progress) = (Arc::clone(&self.stop), &mut self.progress);
        let histogram = std::thread::scope(|scope| {
            let measured = scope.spawn(|| floor.measure(&stop));
            while !measured.is_finished() {
                progress.tick();
                std::thread::sleep(Duration::from_millis(100));
            }
            measured.join().map_err(|_| FloorError::Thread)?
        })?;
        const NS_PER_MS: f64 = 1e6;
        Ok(FloorFigures {
            name,
            core: floor.core,
            load: floor.load,
            wake_ups_hz: floor.hz,
            lateness_ms: Distribution::scaled(&histogram, NS_PER_MS),
            curve: Curve {
                name: format!("floor-{name}"),
                histogram,
                per_ms: NS_PER_MS,
            },
        })
    }

    /// All runs of a scenario, each with a fresh server.
    pub(super) fn scenario(&mut self, plan: &Plan) -> Result<ScenarioFigures, SessionError> {
        let mut figures = ScenarioFigures::new(plan);
        for _ in 0..self.args.runs {
            if self.is_stopped() {
                break;
            }
            let take = self.play_once(plan, &mut JustWatch)?;
            figures.add(plan, take);
        }
        Ok(figures)
    }

    /// One run of a plan with a server of ours.
    pub(super) fn play_once(
        &mut self,
        plan: &Plan,
        during: &mut impl During,
    ) -> Result<Take, SessionError> {
        let text = format!("{}: {}", plan.name, plan.title);
        self.progress.step(&text, plan.expected_s());
        allow_descriptors(Fleet::descriptors(plan.clients()))?;
        let quiet = match plan.empty_rooms {
            0 => None,
            rooms => {
                self.progress.phase("nobody there");
                let child = self.start()?;
                idle::watch(&Subject::ours(&child), rooms, &self.stop)?
            }
        };
        let child = self.start()?;
        let mut take = self.play_on(&Subject::ours(&child), plan, during)?;
        take.quiet = quiet;
        Ok(take)
    }

    fn start(&self) -> Result<Child, SessionError> {
        // The server is to choose among all cores; this thread is to stay away from it.
        stay_on(self.allowed.iter().copied());
        let child = Child::start(&Options {
            cores: self.cores.server.clone(),
            is_realtime: self.args.realtime,
        })?;
        stay_on(self.cores.load.iter().copied());
        Ok(child)
    }

    /// One run of a plan against a server that is there.
    pub(super) fn play_on(
        &mut self,
        subject: &Subject,
        plan: &Plan,
        during: &mut impl During,
    ) -> Result<Take, SessionError> {
        let crew = Crew {
            cores: &self.cores.load,
            stop: &self.stop,
        };
        Ok(play(subject, plan, &crew, &mut self.progress, during)?)
    }

    /// The report's frame; what was measured is put into it.
    pub(super) fn outcome(self) -> Outcome {
        self.progress.clear();
        let steal = Steal::so_far(Path::new("/"));
        let steal_percent = steal
            .zip(self.steal)
            .map(|(now, before)| now.percent_since(before));
        let course = Course {
            steal_percent,
            is_debug_build: cfg!(debug_assertions),
            is_realtime: self.args.realtime,
        };
        let began_at = self.began.0.duration_since(SystemTime::UNIX_EPOCH);
        Outcome {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            commit: std::env::var("DOWNBEAT_COMMIT").ok(),
            command: command(),
            began_at_s: began_at.unwrap_or_default().as_secs(),
            took_s: self.began.1.elapsed().as_secs_f64(),
            is_cut_short: self.is_stopped(),
            is_quick: self.args.quick,
            warnings: warnings(&self.facts, &self.cores, course),
            machine: self.facts,
            cores: self.cores,
            steal_percent,
            floors: Vec::new(),
            scenarios: Vec::new(),
            capacity: None,
            in_process: None,
            self_test: None,
        }
    }
}

/// How long each floor is measured.
pub(super) fn floor_s(args: &BenchArgs) -> f64 {
    if args.quick { QUICK_FLOOR_S } else { FLOOR_S }
}
