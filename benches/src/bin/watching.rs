//! What does a server pay for being watched: metrics, ready to capture slow ticks, recording?

use std::path::PathBuf;
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

/// Servers that are watched more and more, each beside one that is not.
#[derive(Debug, Parser)]
struct Args {
    /// Arena clients that play.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    clients: u32,
    /// How long each server is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    seconds: u64,
    /// How often each has its turn.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: u32,
    /// Where captures and recordings go; what is there stays.
    #[arg(long, value_name = "FOLDER", default_value = "target/watching")]
    folder: PathBuf,
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

/// How a server is watched: each way holds those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Watched {
    Not,
    /// Ticks are measured, and `/metrics` is asked for every second.
    Metrics,
    /// Samples, and each room frozen before each tick. No tick is slow enough for a capture.
    Ready,
    /// Every room recorded.
    Recorded,
}

impl Watched {
    const ALL: [Self; 4] = [Self::Not, Self::Metrics, Self::Ready, Self::Recorded];

    const fn words(self) -> &'static str {
        match self {
            Self::Not => "not watched",
            Self::Metrics => "metrics, scraped",
            Self::Ready => "+ ready to capture",
            Self::Recorded => "+ all rooms recorded",
        }
    }

    fn options(self, args: &Args) -> Vec<String> {
        let mut options = Vec::new();
        let mut option = |name: &str, value: String| options.extend([name.to_owned(), value]);
        option("--metrics", (self >= Self::Metrics).to_string());
        if self >= Self::Ready {
            let folder = args.folder.join("captures");
            option("--capture-dir", folder.display().to_string());
            // A capture would end the readiness for the cooldown.
            option("--slow-tick-ms", "60000".to_owned());
        }
        if self >= Self::Recorded {
            let folder = args.folder.join("recordings");
            option("--record", ROOM.to_owned());
            option("--record-dir", folder.display().to_string());
        }
        options
    }
}

/// Two servers at the same time on the same core, each with half of the clients: what the machine
/// does meanwhile, it does to both.
#[derive(Clone, Copy, Debug, Serialize)]
struct Turn {
    watched: Watched,
    /// Of the server that is not watched.
    off: Used,
    /// Of the one that is.
    on: Used,
    is_valid: bool,
}

/// Processor time of the threads of one server, percent of a core.
#[derive(Clone, Copy, Debug, Serialize)]
struct Used {
    shard: f64,
    clerk: f64,
    scribe: f64,
}

impl Used {
    fn all(&self) -> f64 {
        self.shard + self.clerk + self.scribe
    }
}

impl Turn {
    /// What all clients on one server would cost more.
    fn more(&self) -> f64 {
        2.0 * (self.on.all() - self.off.all())
    }
}

const ROOM: &str = "arena";
const SPARE_FILES: u64 = 200;
const SCRAPE_EVERY: Duration = Duration::from_secs(1);
/// From the first join on, until all have joined and the rooms have settled.
const SETTLE: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question = "What does a server pay for being watched?";
    let mut report = Report::new("watching", question);
    allow_files(u64::from(args.clients) + SPARE_FILES)?;
    let mut turns = Vec::new();
    for number in 1..=args.runs {
        for watched in Watched::ALL {
            let words = watched.words();
            progress(&format!("watching: run {number} of {}, {words}", args.runs));
            turns.push(turn(args, watched)?);
        }
    }
    report.table(table(args, &turns));
    report.note(
        "Two servers run on one core at the same time, each with half of the clients; one of them \
         is not watched. Processor time of three threads, twice that of the half: the shard that \
         plays, the clerk that adds up figures and writes pages, the scribe that writes recordings. \
         In the first row neither is watched: a difference means nothing below those.",
    );
    report.figures(&turns);
    Ok(report.publish(&args.report)?)
}

fn turn(args: &Args, watched: Watched) -> Result<Turn, Error> {
    let servers = [start(args, Watched::Not)?, start(args, watched)?];
    let clients = args.clients / 2;
    let mut loads = Vec::new();
    for server in &servers {
        let load = Load {
            warmup_seconds: SETTLE.as_secs_f64(),
            // Its window holds the one that is measured here, and some more.
            ..Load::new(ROOM, clients, args.seconds as f64 + 2.0)
        };
        loads.push(load.start(&args.server, server)?);
    }
    sleep(Duration::from_secs_f64(f64::from(clients) / 500.0) + SETTLE);
    let times = || -> Result<Vec<ThreadTimes>, ProcessError> {
        let processes = servers.iter().map(Server::process);
        processes.map(ThreadTimes::of).collect()
    };
    let (start, before) = (Instant::now(), times()?);
    let end = start + Duration::from_secs(args.seconds);
    while Instant::now() < end {
        if watched >= Watched::Metrics {
            servers[1].metrics()?;
        }
        sleep(SCRAPE_EVERY.min(end.saturating_duration_since(Instant::now())));
    }
    let (wall, after) = (start.elapsed(), times()?);
    let mut is_valid = true;
    for load in loads {
        is_valid &= load.finish()?.figures.verdict == Verdict::Valid;
    }
    Ok(Turn {
        watched,
        off: used(&before[0], &after[0], wall),
        on: used(&before[1], &after[1], wall),
        is_valid,
    })
}

fn start(args: &Args, watched: Watched) -> Result<Server, ServerError> {
    let options = watched.options(args);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    Server::start_with(&args.server, &options)
}

fn used(before: &ThreadTimes, after: &ThreadTimes, wall: Duration) -> Used {
    let percent = |name: &str| {
        let used = after.named(name).saturating_sub(before.named(name));
        100.0 * used.as_secs_f64() / wall.as_secs_f64()
    };
    Used {
        shard: percent("shard-0"),
        clerk: percent("clerk"),
        scribe: percent("scribe"),
    }
}

fn table(args: &Args, turns: &[Turn]) -> Table {
    let title = format!("{} arena clients, % of a core", whole(args.clients));
    let columns = [
        "server",
        "shard",
        "clerk",
        "scribe",
        "more than not watched, each run",
        "median",
        "load",
    ];
    let mut table = Table::new(title, columns);
    for watched in Watched::ALL {
        let of_kind = || turns.iter().filter(move |turn| turn.watched == watched);
        let median_of = |part: fn(&Used) -> f64| {
            let values: Vec<f64> = of_kind().map(|turn| 2.0 * part(&turn.on)).collect();
            figure(median(&values))
        };
        let more: Vec<f64> = of_kind().map(Turn::more).collect();
        let each: Vec<String> = more.iter().copied().map(figure).collect();
        let valid = of_kind().filter(|turn| turn.is_valid).count();
        table.row([
            watched.words().to_owned(),
            median_of(|used| used.shard),
            median_of(|used| used.clerk),
            median_of(|used| used.scribe),
            each.join(", "),
            figure(median(&more)),
            format!("{valid} of {} valid", each.len()),
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
