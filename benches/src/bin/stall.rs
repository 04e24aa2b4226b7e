//! Does a stall that is made on purpose show in every meter, as long as it was?

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::load_report::Verdict;
use downbeat_benches::process::{FilesError, ProcessError, allow_files};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{CLIENTS, Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde::Serialize;

/// Stops the server's process for a while, in the middle of a game.
#[derive(Debug, Parser)]
struct Args {
    /// Arena clients that play meanwhile.
    #[arg(long, value_name = "N", default_value_t = 500)]
    clients: u32,
    /// How long the server is stopped.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    stall_ms: u64,
    /// How often, each time with a fresh server.
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
    Process(#[from] ProcessError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("a meter showed less than the stall in {runs} of the runs: it is broken")]
    Broken { runs: usize },
}

/// What each meter made of one stall, milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Run {
    /// From the stop to the word to go on.
    stall: f64,
    /// The longest completion lateness in the server's histograms.
    histograms: f64,
    /// The same in `/metrics`.
    metrics: f64,
    /// The longest time between two patches of a client, less the one that is between any two.
    clients: f64,
    is_valid: bool,
}

/// How far a meter may be off.
const TOLERANCE: f64 = 0.1;
const ROOM: &str = "arena";
const PATCH_PERIOD_MS: f64 = 50.0;
const LONGEST: &str = "downbeat_tick_completion_lateness_max_seconds";
/// From the last join on: a server that is busy with joins stalls by itself.
const SETTLE: Duration = Duration::from_secs(3);
/// Shards tell once a second.
const TOLD: Duration = Duration::from_millis(2_500);
/// The window of the clients holds the stall, and little else.
const WINDOW_SECONDS: f64 = 8.0;
const SPARE_FILES: u64 = 200;

impl Run {
    fn meters(self) -> [f64; 3] {
        [self.histograms, self.metrics, self.clients]
    }

    fn agree(self) -> bool {
        let is_near = |meter: f64| (meter / self.stall - 1.0).abs() <= TOLERANCE;
        self.meters().into_iter().all(is_near)
    }

    /// What disturbs a run makes stalls longer, never shorter.
    fn is_broken(self) -> bool {
        let is_short = |meter: f64| meter < self.stall * (1.0 - TOLERANCE);
        self.meters().into_iter().any(is_short)
    }
}

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question = "Does a stall that is made on purpose show in every meter?";
    let mut report = Report::new("stall", question);
    allow_files(u64::from(args.clients) + SPARE_FILES)?;
    let mut runs = Vec::new();
    for number in 1..=args.runs {
        progress(&format!("stall: run {number} of {}", args.runs));
        runs.push(stall(args)?);
    }
    report.table(table(args, &runs));
    report.note(
        "The server's process is stopped (SIGSTOP, SIGCONT). Server histograms: the longest \
         completion lateness in /metrics/histograms; /metrics: \
         downbeat_tick_completion_lateness_max_seconds; clients: the longest time between two \
         patches, by the kernel's time of arrival, less the 50 ms that are between any two. What \
         else holds up the machine adds to a stall and never shortens it.",
    );
    report.figures(&runs);
    report.publish(&args.report)?;
    match runs.iter().filter(|run| run.is_broken()).count() {
        0 => Ok(()),
        runs => Err(Error::Broken { runs }),
    }
}

fn stall(args: &Args) -> Result<Run, Error> {
    let server = Server::start(&args.server)?;
    let load = Load {
        warmup_seconds: SETTLE.as_secs_f64(),
        ..Load::new(ROOM, args.clients, WINDOW_SECONDS)
    };
    let load = load.start(&args.server, &server)?;
    let join_timeout = Duration::from_secs(60 + u64::from(args.clients) / 100);
    server.wait_for(CLIENTS, args.clients.into(), join_timeout)?;
    sleep(SETTLE + Duration::from_secs(1));
    let before = server.histograms()?;
    let stalled = hold_up(&server, Duration::from_millis(args.stall_ms))?;
    sleep(TOLD);
    let longest_s = server.histograms()?.longest_since(&before, ROOM);
    let metrics_s = server.metrics()?.max(LONGEST, ROOM);
    let figures = load.finish()?.figures;
    Ok(Run {
        stall: stalled.as_secs_f64() * 1e3,
        histograms: longest_s * 1e3,
        metrics: metrics_s * 1e3,
        clients: figures.patch_inter_arrival_ms.max - PATCH_PERIOD_MS,
        is_valid: figures.verdict == Verdict::Valid,
    })
}

/// Stops the server and lets it go on; how long that took.
fn hold_up(server: &Server, stall: Duration) -> Result<Duration, ProcessError> {
    let start = Instant::now();
    server.process().stop()?;
    sleep(stall);
    server.process().go_on()?;
    Ok(start.elapsed())
}

fn table(args: &Args, runs: &[Run]) -> Table {
    let title = format!(
        "A stall of {} ms with {} arena clients, ms",
        args.stall_ms,
        whole(args.clients)
    );
    let columns = [
        "run",
        "stall",
        "server histograms",
        "/metrics",
        "clients",
        "within 10 %",
        "load",
    ];
    let mut table = Table::new(title, columns);
    for (number, run) in (1..).zip(runs) {
        let [histograms, metrics, clients] = run.meters().map(figure);
        let agree = if run.agree() { "yes" } else { "no" };
        let load = if run.is_valid { "valid" } else { "not valid" };
        table.row([
            whole(number),
            figure(run.stall),
            histograms,
            metrics,
            clients,
            agree.to_owned(),
            load.to_owned(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(histograms: f64, metrics: f64, clients: f64) -> Run {
        Run {
            stall: 200.0,
            histograms,
            metrics,
            clients,
            is_valid: true,
        }
    }

    #[test]
    fn a_meter_that_shows_too_little_is_broken() {
        assert!(run(199.0, 198.0, 201.0).agree());
        assert!(!run(199.0, 198.0, 230.0).agree());
        assert!(!run(199.0, 198.0, 230.0).is_broken());
        for broken in [
            run(150.0, 198.0, 201.0),
            run(199.0, 0.0, 201.0),
            run(199.0, 198.0, 2.0),
        ] {
            assert!(broken.is_broken() && !broken.agree());
        }
    }
}
