//! What does a server pay for being watched: ready to capture slow ticks, and recording?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::load_report::Verdict;
use downbeat_benches::process::{FilesError, allow_files};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde::Serialize;

/// Servers that differ in nothing else, in turn, under the same load.
#[derive(Debug, Parser)]
struct Args {
    /// Arena clients.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    clients: u32,
    /// How long each server is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
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
    Files(#[from] FilesError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// How a server is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Watched {
    Not,
    /// Ready to capture: samples, and each room frozen before each tick. No tick is slow enough.
    Ready,
    /// Every room recorded.
    Recorded,
    Both,
}

impl Watched {
    const ALL: [Self; 4] = [Self::Not, Self::Ready, Self::Recorded, Self::Both];

    const fn words(self) -> &'static str {
        match self {
            Self::Not => "not watched",
            Self::Ready => "ready to capture",
            Self::Recorded => "all rooms recorded",
            Self::Both => "both",
        }
    }

    fn options(self, args: &Args) -> Vec<String> {
        let mut options = Vec::new();
        let mut option = |name: &str, value: String| options.extend([name.to_owned(), value]);
        if matches!(self, Self::Ready | Self::Both) {
            let folder = args.folder.join("captures");
            option("--capture-dir", folder.display().to_string());
            // A capture would end the readiness for the cooldown.
            option("--slow-tick-ms", "60000".to_owned());
        }
        if matches!(self, Self::Recorded | Self::Both) {
            let folder = args.folder.join("recordings");
            option("--record", ROOM.to_owned());
            option("--record-dir", folder.display().to_string());
        }
        options
    }
}

/// One server's turn.
#[derive(Clone, Debug, Serialize)]
struct Turn {
    watched: Watched,
    cpu_percent: Option<f64>,
    patches_p99_ms: f64,
    is_valid: bool,
}

const ROOM: &str = "arena";
const SPARE_FILES: u64 = 200;

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
        "Percent of one core, user and kernel, of the whole server process: the thread that \
         writes recordings is in it. The differences are against the server of the same run that \
         is not watched.",
    );
    report.figures(&turns);
    Ok(report.publish(&args.report)?)
}

fn turn(args: &Args, watched: Watched) -> Result<Turn, Error> {
    let server = Server::start_with(&args.server, &watched.options(args))?;
    let load = Load::new(ROOM, args.clients, args.seconds as f64);
    let figures = load.run(&args.server, &server)?.figures;
    Ok(Turn {
        watched,
        cpu_percent: figures.server.cpu.map(|cpu| cpu.percent),
        patches_p99_ms: figures.patch_inter_arrival_ms.p99,
        is_valid: figures.verdict == Verdict::Valid,
    })
}

fn table(args: &Args, turns: &[Turn]) -> Table {
    let title = format!("A server with {} arena clients", whole(args.clients));
    let columns = [
        "run",
        "server",
        "CPU %",
        "more than not watched",
        "between two patches p99, ms",
        "load",
    ];
    let mut table = Table::new(title, columns);
    for (number, run) in (1..).zip(turns.chunks(Watched::ALL.len())) {
        let alone = run.first().and_then(|turn| turn.cpu_percent);
        for turn in run {
            let more = turn.cpu_percent.zip(alone).map(|(cpu, alone)| cpu - alone);
            let percent = |value: Option<f64>| value.map_or_else(String::new, figure);
            table.row([
                whole(number),
                turn.watched.words().to_owned(),
                percent(turn.cpu_percent),
                percent(more),
                figure(turn.patches_p99_ms),
                String::from(if turn.is_valid { "valid" } else { "not valid" }),
            ]);
        }
    }
    table
}
