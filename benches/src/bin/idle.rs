//! What does a server cost that nobody plays on?

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::process::{FilesError, ProcessError, allow_files};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{CLIENTS, Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde::Serialize;

/// An idle server, alone and with connected clients that say nothing.
#[derive(Debug, Parser)]
struct Args {
    /// Clients that sit in rooms and say nothing.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    clients: u32,
    /// The room that they sit in.
    #[arg(long, value_name = "NAME", default_value = "arena")]
    room: String,
    /// How long each state is watched.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
    /// How often each is watched, each time with a fresh server.
    #[arg(long, value_name = "N", default_value_t = 3)]
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
    Process(#[from] ProcessError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("{joined} of {wanted} clients joined: {errors}")]
    Joined {
        joined: u32,
        wanted: u32,
        errors: String,
    },
}

/// A server over some time.
#[derive(Clone, Copy, Debug, Serialize)]
struct State {
    clients: u32,
    cpu_percent: f64,
    rss_bytes: u64,
    open_files: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Run {
    empty: State,
    quiet: State,
}

/// Clients that begin to join per second: this is not about joining.
const RAMP_HZ: f64 = 1_000.0;
/// From the last join on, until sessions and rooms have settled.
const SETTLE: Duration = Duration::from_secs(3);
const SPARE_FILES: u64 = 200;

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let mut report = Report::new("idle", "What does a server cost that nobody plays on?");
    allow_files(u64::from(args.clients) + SPARE_FILES)?;
    let mut runs = Vec::new();
    for number in 1..=args.runs {
        progress(&format!("idle: run {number} of {}", args.runs));
        runs.push(measure(args)?);
    }
    report.table(table(args, &runs));
    report.note("RSS is the process's own memory; socket buffers of the kernel are not in it.");
    report.figures(&runs);
    Ok(report.publish(&args.report)?)
}

fn measure(args: &Args) -> Result<Run, Error> {
    let server = Server::start(&args.server)?;
    sleep(SETTLE);
    let window = Duration::from_secs(args.seconds);
    let empty = watch(&server, 0, window)?;
    let join_timeout = Duration::from_secs_f64(60.0 + 2.0 * f64::from(args.clients) / RAMP_HZ);
    let load = Load {
        // They stay for the whole window, wherever in their own run it begins.
        warmup_seconds: SETTLE.as_secs_f64() * 2.0,
        ramp_hz: RAMP_HZ,
        is_idle: true,
        ..Load::new(&args.room, args.clients, args.seconds as f64)
    };
    let load = load.start(&args.server, &server)?;
    server.wait_for(CLIENTS, args.clients.into(), join_timeout)?;
    sleep(SETTLE);
    let quiet = watch(&server, args.clients, window)?;
    let figures = load.finish()?.figures;
    if figures.clients.joined < args.clients {
        return Err(Error::Joined {
            joined: figures.clients.joined,
            wanted: args.clients,
            errors: format!("{:?}", figures.errors),
        });
    }
    Ok(Run { empty, quiet })
}

/// What the process uses over `window`; nobody asks it anything meanwhile.
fn watch(server: &Server, clients: u32, window: Duration) -> Result<State, Error> {
    let process = server.process();
    let (before, start) = (process.cpu_time()?, Instant::now());
    sleep(window);
    let after = process.cpu_time()?;
    Ok(State {
        clients,
        cpu_percent: after.percent_since(before, start.elapsed()),
        rss_bytes: process.rss_bytes()?,
        open_files: process.open_files()?,
    })
}

fn table(args: &Args, runs: &[Run]) -> Table {
    let columns = [
        "run",
        "clients",
        "CPU, % of a core",
        "RSS, MiB",
        "RSS over empty, MiB",
        "RSS per client, KiB",
        "open files",
    ];
    let title = format!("Over {} s, rooms of {}", args.seconds, args.room);
    let mut table = Table::new(title, columns);
    for (number, run) in (1..).zip(runs) {
        for state in [run.empty, run.quiet] {
            let more = state.rss_bytes as f64 - run.empty.rss_bytes as f64;
            table.row([
                whole(number),
                whole(state.clients),
                figure(state.cpu_percent),
                figure(state.rss_bytes as f64 / MIB),
                figure(more / MIB),
                figure(more / 1_024.0 / f64::from(state.clients)),
                whole(state.open_files),
            ]);
        }
    }
    table
}

const MIB: f64 = 1_048_576.0;
