//! Rooms without sockets, on one shard and on two: does a second core carry as much again?

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::figures::TickFigures;
use super::session::{Session, SessionError};
use super::subject::Subject;
use crate::cli::serve::sample;
use crate::link::Command;
use crate::load::moves;
use crate::shard::Staging;
use crate::{CpuChoice, RunningServer, StartError};

/// All runs, and what they say together.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Scaling {
    pub(super) rooms_per_shard: u32,
    pub(super) clients_per_room: u32,
    pub(super) runs: Vec<InProcessRun>,
    /// `None` with one number of shards only.
    pub(super) comparison: Option<Comparison>,
}

/// One server of this process.
#[derive(Clone, Debug, Serialize)]
pub(super) struct InProcessRun {
    pub(super) shards: u32,
    pub(super) rooms: u32,
    pub(super) ticks: TickFigures,
    /// How much of its core a shard used, on average.
    pub(super) cpu_percent_per_shard: f64,
}

/// Two shards with twice the rooms, against one: 1 is the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Comparison {
    /// Medians over all runs of a kind, milliseconds.
    pub(super) one_shard_p50_ms: f64,
    pub(super) two_shards_p50_ms: f64,
    pub(super) p50_ratio: f64,
    pub(super) one_shard_p99_ms: f64,
    pub(super) two_shards_p99_ms: f64,
    pub(super) p99_ratio: f64,
    /// Of the time that a tick takes.
    pub(super) duration_p50_ratio: f64,
    pub(super) is_p50_within_10_percent: bool,
    pub(super) is_p99_within_10_percent: bool,
}

/// Why no room ran.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScalingError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("a shard did not take its rooms: {0}")]
    Refused(String),
    #[error("no tick was measured")]
    NoTicks,
}

const ROOM: &str = "arena";
const SEATS: u32 = 50;
/// About half of a core.
const CLIENTS: u32 = 10_000;
const QUICK_CLIENTS: u32 = 500;
const SECONDS: f64 = 6.0;
const QUICK_SECONDS: f64 = 2.0;
/// Shards tell once a second: so long after the first tick all that was told is of a steady run.
const SETTLE: Duration = Duration::from_millis(2_200);
/// Of each number of shards, one after the other, unless more are wanted.
const RUNS: u32 = 5;
/// Different inputs that the players take turns with.
const INPUTS: u32 = 64;
const SAME: f64 = 0.1;

/// Runs rooms on each number of shards that the machine has cores for.
pub(super) fn run(session: &mut Session<'_>) -> Result<Scaling, SessionError> {
    let args = session.args();
    let rooms = args
        .clients
        .unwrap_or(if args.quick { QUICK_CLIENTS } else { CLIENTS })
        .div_ceil(SEATS);
    let kinds = kinds(session);
    let rounds = if args.quick { 1 } else { args.runs.max(RUNS) };
    let mut runs = Vec::new();
    for _ in 0..rounds {
        for cores in &kinds {
            if session.is_stopped() {
                break;
            }
            runs.push(run_once(session, cores, rooms)?);
        }
    }
    Ok(Scaling {
        rooms_per_shard: rooms,
        clients_per_room: SEATS,
        comparison: Comparison::of(&runs),
        runs,
    })
}

/// How long all of it takes, about.
pub(super) fn expected_s(args: &super::args::BenchArgs) -> f64 {
    let rounds = if args.quick { 1 } else { args.runs.max(RUNS) };
    f64::from(2 * rounds) * (seconds(args) + SETTLE.as_secs_f64() + 0.5)
}

fn seconds(args: &super::args::BenchArgs) -> f64 {
    let default = if args.quick { QUICK_SECONDS } else { SECONDS };
    args.seconds.unwrap_or(default)
}

/// The cores of each kind of run: with --shards or --cpus those, else one and two.
fn kinds(session: &Session<'_>) -> Vec<Vec<usize>> {
    let cores = session.cores();
    if cores.server.len() > 1 {
        return vec![vec![cores.server[0]], cores.server.clone()];
    }
    let one = cores.server.clone();
    if cores.are_shared() || session.args().server_cores().is_some() {
        return vec![one];
    }
    let two = vec![one[0], cores.load[0]];
    vec![one, two]
}

fn run_once(
    session: &mut Session<'_>,
    cores: &[usize],
    rooms_per_shard: u32,
) -> Result<InProcessRun, SessionError> {
    let seconds = seconds(session.args());
    let shards = cores.len();
    let step = format!(
        "in process: {} rooms on {shards} shards",
        rooms_per_shard * shards as u32
    );
    session
        .progress()
        .step(&step, seconds + SETTLE.as_secs_f64());
    let server = start(cores, session.args().realtime)?;
    let measured = measure(session, &server, rooms_per_shard, seconds);
    server.stop();
    let (ticks, cpu_percent) = measured?;
    Ok(InProcessRun {
        shards: shards as u32,
        rooms: rooms_per_shard * shards as u32,
        ticks,
        cpu_percent_per_shard: cpu_percent / shards as f64,
    })
}

fn start(cores: &[usize], is_realtime: bool) -> Result<RunningServer, ScalingError> {
    let server = sample()
        .listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .cpus(CpuChoice::List(cores.to_vec()));
    let server = if is_realtime {
        server.realtime()
    } else {
        server
    };
    Ok(server.start()?)
}

fn measure(
    session: &mut Session<'_>,
    server: &RunningServer,
    rooms: u32,
    seconds: f64,
) -> Result<(TickFigures, f64), SessionError> {
    stage(server, rooms)?;
    let subject = Subject::at(server.address(), Some(std::process::id()));
    wait(session, SETTLE);
    let (before, used, began) = (subject.page()?, subject.usage(), Instant::now());
    wait(session, Duration::from_secs_f64(seconds));
    let (after, used_then, lasted) = (subject.page()?, subject.usage(), began.elapsed());
    let rooms = after.since(&before);
    let ticks = rooms.get(ROOM).ok_or(ScalingError::NoTicks)?;
    let used_s = match (used, used_then) {
        (Some(before), Some(after)) => after.cpu.since(before.cpu).total_s(),
        _ => 0.0,
    };
    let cpu_percent = used_s / lasted.as_secs_f64() * 100.0;
    Ok((TickFigures::new(ticks), cpu_percent))
}

/// Gives each shard its rooms.
fn stage(server: &RunningServer, rooms: u32) -> Result<(), ScalingError> {
    let refused = |error: &dyn std::fmt::Debug| ScalingError::Refused(format!("{error:?}"));
    let node = server.node();
    let definition = &node.definitions[ROOM];
    let (tell, hear) = channel();
    for link in &node.links {
        let staging = Box::new(Staging {
            definition: Arc::clone(definition),
            rooms,
            puppets: SEATS,
            inputs: moves(INPUTS),
        });
        let sent = link.send(Command::Stage(staging, tell.clone()));
        sent.map_err(|_| refused(&"its queue is full"))?;
    }
    drop(tell);
    for staged in hear {
        staged.map_err(|error| refused(&error))?;
    }
    Ok(())
}

fn wait(session: &mut Session<'_>, length: Duration) {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let start = Instant::now();
    while start.elapsed() < length && !session.is_stopped() {
        sleep(LOOK_EVERY.min(length.saturating_sub(start.elapsed())));
        session.progress().tick();
    }
}

impl Comparison {
    fn of(runs: &[InProcessRun]) -> Option<Self> {
        let median = |shards: u32, figure: fn(&TickFigures) -> f64| {
            let of_kind = runs.iter().filter(|run| run.shards == shards);
            let mut figures: Vec<f64> = of_kind.map(|run| figure(&run.ticks)).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied()
        };
        let p50 = |ticks: &TickFigures| ticks.completion_lateness_ms.p50;
        let p99 = |ticks: &TickFigures| ticks.completion_lateness_ms.p99;
        let duration = |ticks: &TickFigures| ticks.duration_ms.p50;
        let (one_p50, two_p50) = (median(1, p50)?, median(2, p50)?);
        let (one_p99, two_p99) = (median(1, p99)?, median(2, p99)?);
        let is_same = |ratio: f64| (ratio - 1.0).abs() <= SAME;
        Some(Self {
            one_shard_p50_ms: one_p50,
            two_shards_p50_ms: two_p50,
            p50_ratio: two_p50 / one_p50,
            one_shard_p99_ms: one_p99,
            two_shards_p99_ms: two_p99,
            p99_ratio: two_p99 / one_p99,
            duration_p50_ratio: median(2, duration)? / median(1, duration)?,
            is_p50_within_10_percent: is_same(two_p50 / one_p50),
            is_p99_within_10_percent: is_same(two_p99 / one_p99),
        })
    }
}
