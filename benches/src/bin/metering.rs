//! What do metrics cost a shard?

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::load_report::Verdict;
use downbeat_benches::process::{FilesError, ProcessError, allow_files};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use downbeat_benches::threads::ThreadTimes;
use serde::Serialize;

/// The same game on servers with and without metrics, one after the other, again and again.
#[derive(Debug, Parser)]
struct Args {
    /// Arena clients that play.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    clients: u32,
    /// How long each server is watched.
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    seconds: u64,
    /// How often each kind of server is watched.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: u32,
    /// Scrapes per second of the servers that are scraped.
    #[arg(long, value_name = "HZ", default_value_t = 1)]
    scrapes_hz: u32,
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
}

/// What is done with the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Ticks are not measured.
    Off,
    /// They are, and nobody asks.
    On,
    /// And somebody does.
    Scraped,
}

/// Processor time, percent of a core.
#[derive(Clone, Copy, Debug, Serialize)]
struct Run {
    mode: Mode,
    shard: f64,
    clerk: f64,
    is_valid: bool,
}

const MODES: [Mode; 3] = [Mode::Off, Mode::On, Mode::Scraped];
const ROOM: &str = "arena";
const SPARE_FILES: u64 = 200;
/// From the first join on, until all have joined and the rooms have settled.
const SETTLE: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let mut report = Report::new("metering", "What do metrics cost a shard?");
    allow_files(u64::from(args.clients) + SPARE_FILES)?;
    let mut runs = Vec::new();
    for number in 1..=args.runs {
        progress(&format!("metering: run {number} of {}", args.runs));
        for mode in MODES {
            runs.push(watch(args, mode)?);
        }
    }
    report.table(table(args, &runs));
    report.note(format!(
        "Processor time of two threads: the shard that plays, and the clerk that adds up its \
         figures and writes the pages. Off: --metrics false. Scraped: /metrics {} times a second. \
         Two servers of one kind differ as well: the difference of kinds means nothing below that.",
        args.scrapes_hz
    ));
    report.figures(&runs);
    Ok(report.publish(&args.report)?)
}

fn watch(args: &Args, mode: Mode) -> Result<Run, Error> {
    let options = match mode {
        Mode::Off => ["--metrics", "false"],
        Mode::On | Mode::Scraped => ["--metrics", "true"],
    };
    let server = Server::start_with(&args.server, &options)?;
    let joining = Duration::from_secs_f64(f64::from(args.clients) / 500.0);
    let load = Load {
        warmup_seconds: SETTLE.as_secs_f64(),
        // Its window holds the one that is watched here, and some more.
        ..Load::new(ROOM, args.clients, args.seconds as f64 + 2.0)
    };
    let load = load.start(&args.server, &server)?;
    sleep(joining + SETTLE + Duration::from_secs(1));
    let (start, before) = (Instant::now(), ThreadTimes::of(server.process())?);
    let end = start + Duration::from_secs(args.seconds);
    while Instant::now() < end {
        let rest = end.saturating_duration_since(Instant::now());
        if mode == Mode::Scraped {
            server.metrics()?;
            sleep(rest.min(Duration::from_secs(1) / args.scrapes_hz.max(1)));
        } else {
            sleep(rest);
        }
    }
    let (wall, after) = (start.elapsed(), ThreadTimes::of(server.process())?);
    let figures = load.finish()?.figures;
    let percent = |name: &str| {
        let of = |times: &ThreadTimes| times.named(name).as_secs_f64();
        100.0 * (of(&after) - of(&before)) / wall.as_secs_f64()
    };
    Ok(Run {
        mode,
        shard: percent("shard-0"),
        clerk: percent("clerk"),
        is_valid: figures.verdict == Verdict::Valid,
    })
}

fn table(args: &Args, runs: &[Run]) -> Table {
    let title = format!("{} arena clients, % of a core", whole(args.clients));
    let columns = [
        "metrics",
        "shard, each run",
        "median",
        "clerk, median",
        "load",
    ];
    let mut table = Table::new(title, columns);
    for mode in MODES {
        let of_mode: Vec<Run> = runs
            .iter()
            .copied()
            .filter(|run| run.mode == mode)
            .collect();
        let shards: Vec<f64> = of_mode.iter().map(|run| run.shard).collect();
        let clerks: Vec<f64> = of_mode.iter().map(|run| run.clerk).collect();
        let each: Vec<String> = shards.iter().copied().map(figure).collect();
        let valid = of_mode.iter().filter(|run| run.is_valid).count();
        table.row([
            format!("{mode:?}").to_lowercase(),
            each.join(", "),
            figure(median(&shards)),
            figure(median(&clerks)),
            format!("{valid} of {} valid", of_mode.len()),
        ]);
    }
    table
}

/// Of an even number, the upper of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 4.0);
        assert!(median(&[]).is_nan());
    }
}
