//! How late do ticks start on a half-loaded shard, next to the floor of the same core?

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use clap::Parser;
use downbeat_benches::floor::{Floor, FloorError};
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::load_report::{LoadFigures, Verdict};
use downbeat_benches::metrics::Buckets;
use downbeat_benches::process::{FilesError, allow_files};
use downbeat_benches::quantiles::{COLUMNS, Quantiles};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{CLIENTS, Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde::Serialize;

/// Floors, server, floors: each on the same core, within the same minutes.
#[derive(Debug, Parser)]
struct Args {
    /// Arena clients; by default as many as a first short run says are the wanted load.
    #[arg(long, value_name = "N")]
    clients: Option<u32>,
    /// The wanted load, percent of the core.
    #[arg(long, value_name = "PERCENT", default_value_t = 50.0)]
    load: f64,
    /// Clients of the run that finds how many that are.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    trial_clients: u32,
    /// How long each of the two floors, the server, and the floors again takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    seconds: u64,
    /// How often all are taken.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: u32,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Floor(#[from] FloorError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("{0} clients cost the server no measurable time: take more with --trial-clients")]
    NoLoad(u32),
}

/// One round; lateness in microseconds.
#[derive(Clone, Debug, Serialize)]
struct Round {
    clients: u32,
    server_cpu_percent: Option<f64>,
    is_valid: bool,
    before: Floors,
    /// Between the bounds of a bucket, as if its values lay evenly.
    server_us: Quantiles,
    /// Of the bucket that holds the p99: the p99 is between these.
    server_p99_bounds_us: (f64, f64),
    after: Floors,
}

/// What this core does at best; lateness in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Floors {
    /// While nothing else happens on it.
    idle_us: Quantiles,
    /// With the server's load on it, as work in the loop itself.
    loaded_us: Quantiles,
}

impl Floors {
    fn measure(args: &Args, clients: u32) -> Result<Self, FloorError> {
        let idle = Floor {
            core: args.server.server_core,
            hz: floor_hz(clients),
            length: Duration::from_secs(args.seconds),
            load: 0.0,
        };
        let load = args.load / 100.0;
        Ok(Self {
            idle_us: Quantiles::of(&idle.measure()?, 1_000.0),
            loaded_us: Quantiles::of(&Floor { load, ..idle }.measure()?, 1_000.0),
        })
    }
}

const ROOM: &str = "arena";
const CLIENTS_PER_ROOM: u32 = 50;
const ROOM_HZ: f64 = 20.0;
const START_LATENESS: &str = "downbeat_tick_lateness_seconds";
/// Shards tell their figures once a second.
const PUBLISHED: Duration = Duration::from_millis(1_100);
const WARMUP: Duration = Duration::from_secs(3);
const TRIAL_SECONDS: f64 = 5.0;
const SPARE_FILES: u64 = 200;
const CLIENTS_MAX: u32 = 10_000;

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question = "How late do ticks start on a half-loaded shard, next to the floor?";
    let mut report = Report::new("lateness", question);
    allow_files(u64::from(CLIENTS_MAX) + SPARE_FILES)?;
    let clients = match args.clients {
        Some(clients) => clients,
        None => find_clients(args)?,
    };
    let mut rounds = Vec::new();
    for number in 1..=args.runs {
        progress(&format!(
            "lateness: run {number} of {}, {clients} clients",
            args.runs
        ));
        rounds.push(round(args, clients)?);
    }
    report.table(table(clients, &rounds));
    report.table(ratios(&rounds));
    report.note(format!(
        "floor: an absolute clock_nanosleep loop at {} wake-ups per second, those that the rooms \
         of the server need, pinned to the same core while no server runs. Idle: it only sleeps. \
         Loaded: it computes at each wake-up as long as a tick takes, so that a pause of the \
         machine delays what comes behind it, as it does in the server.",
        floor_hz(clients)
    ));
    report.figures(&rounds);
    Ok(report.publish(&args.report)?)
}

/// How many clients make the wanted load, if it grows with them.
fn find_clients(args: &Args) -> Result<u32, Error> {
    progress("lateness: how many clients make the load?");
    let server = Server::start(&args.server)?;
    let load = Load::new(ROOM, args.trial_clients, TRIAL_SECONDS);
    let percent = cpu_percent(&load.run(&args.server, &server)?.figures).unwrap_or(0.0);
    if percent <= 0.0 {
        return Err(Error::NoLoad(args.trial_clients));
    }
    let clients = f64::from(args.trial_clients) * args.load / percent;
    // Whole rooms.
    let rooms = (clients as u32).min(CLIENTS_MAX) / CLIENTS_PER_ROOM;
    Ok(rooms.max(1) * CLIENTS_PER_ROOM)
}

fn round(args: &Args, clients: u32) -> Result<Round, Error> {
    let before = Floors::measure(args, clients)?;
    let (lateness, figures) = server_lateness(args, clients)?;
    let after = Floors::measure(args, clients)?;
    let (low, high) = lateness.bounds(0.99);
    Ok(Round {
        clients,
        server_cpu_percent: cpu_percent(&figures),
        is_valid: figures.verdict == Verdict::Valid,
        before,
        server_us: Quantiles::at(lateness.count(), |at| lateness.quantile(at) * 1e6),
        server_p99_bounds_us: (low * 1e6, high * 1e6),
        after,
    })
}

/// The ticks of a fresh server while all clients play.
fn server_lateness(args: &Args, clients: u32) -> Result<(Buckets, LoadFigures), Error> {
    let server = Server::start(&args.server)?;
    let load = Load {
        // The window of the load holds that of the ticks.
        warmup_seconds: WARMUP.as_secs_f64(),
        ..Load::new(ROOM, clients, args.seconds as f64 + 4.0)
    };
    let load = load.start(&args.server, &server)?;
    let join_timeout = Duration::from_secs(60 + u64::from(clients) / 100);
    server.wait_for(CLIENTS, clients.into(), join_timeout)?;
    sleep(WARMUP + PUBLISHED);
    let before = server.metrics()?.buckets(START_LATENESS, ROOM);
    sleep(Duration::from_secs(args.seconds));
    let after = server.metrics()?.buckets(START_LATENESS, ROOM);
    Ok((after.since(&before), load.finish()?.figures))
}

fn cpu_percent(figures: &LoadFigures) -> Option<f64> {
    figures.server.cpu.map(|cpu| cpu.percent)
}

fn floor_hz(clients: u32) -> f64 {
    f64::from(clients.div_ceil(CLIENTS_PER_ROOM).max(1)) * ROOM_HZ
}

fn table(clients: u32, rounds: &[Round]) -> Table {
    let title = format!("Lateness, µs; server with {} arena clients", whole(clients));
    let [p50, p90, p99, p99_9, p99_99, max] = COLUMNS;
    let columns = [
        "run", "what", "CPU %", "samples", p50, p90, p99, p99_9, p99_99, max, "load",
    ];
    let mut table = Table::new(title, columns);
    for (number, round) in (1..).zip(rounds) {
        let cpu = round.server_cpu_percent.map_or_else(String::new, figure);
        let load = if round.is_valid { "valid" } else { "not valid" };
        for (what, cpu, lateness, load) in [
            ("idle floor", "", round.before.idle_us, ""),
            ("loaded floor", "", round.before.loaded_us, ""),
            ("tick start", cpu.as_str(), round.server_us, load),
            ("loaded floor", "", round.after.loaded_us, ""),
            ("idle floor", "", round.after.idle_us, ""),
        ] {
            let head: [String; 4] = [
                whole(number),
                what.to_owned(),
                cpu.to_owned(),
                whole(lateness.count),
            ];
            let cells = head.into_iter().chain(lateness.cells());
            table.row(cells.chain([load.to_owned()]));
        }
    }
    table
}

/// The server's p99 over that of the floors, each the mean of before and after.
fn ratios(rounds: &[Round]) -> Table {
    let columns = [
        "run",
        "tick start p99, µs",
        "lies between",
        "idle floor p99, µs",
        "ratio",
        "loaded floor p99, µs",
        "ratio",
    ];
    let mut table = Table::new("p99 of tick starts over p99 of the floors", columns);
    for (number, round) in (1..).zip(rounds) {
        let Round { before, after, .. } = round;
        let idle_us = (before.idle_us.p99 + after.idle_us.p99) / 2.0;
        let loaded_us = (before.loaded_us.p99 + after.loaded_us.p99) / 2.0;
        let (low_us, high_us) = round.server_p99_bounds_us;
        table.row([
            whole(number),
            figure(round.server_us.p99),
            format!("{} and {}", figure(low_us), figure(high_us)),
            figure(idle_us),
            figure(round.server_us.p99 / idle_us),
            figure(loaded_us),
            figure(round.server_us.p99 / loaded_us),
        ]);
    }
    table
}
