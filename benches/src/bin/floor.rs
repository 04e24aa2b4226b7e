//! How late does this core wake a thread at best?

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use downbeat_benches::floor::{Floor, FloorError};
use downbeat_benches::quantiles::{COLUMNS, Quantiles};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::table::{Table, whole};
use serde::Serialize;

/// An absolute clock_nanosleep loop, pinned to one core: the lateness that no server can beat.
#[derive(Debug, Parser)]
struct Args {
    /// The core to sleep on.
    #[arg(long, value_name = "CORE", default_value_t = 0)]
    core: usize,
    /// Wake as often as a shard with so many rooms at 20 Hz.
    #[arg(long, value_name = "N", default_value_t = 40)]
    rooms: u32,
    /// Wake-ups per second, instead of those of the rooms.
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    hz: Option<u32>,
    /// How much of the core to use up, percent, with work at each wake-up.
    #[arg(long, value_name = "PERCENT", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=95))]
    load: u8,
    /// How long each run takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
    /// How often to measure.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: u32,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Floor(#[from] FloorError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

#[derive(Debug, Serialize)]
struct Figures {
    core: usize,
    hz: u32,
    load_percent: u8,
    lateness_us: Vec<Quantiles>,
}

const ROOM_HZ: u32 = 20;

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let mut report = Report::new("floor", "How late does this core wake a thread at best?");
    let hz = args.hz.unwrap_or(args.rooms.max(1) * ROOM_HZ);
    let floor = Floor {
        core: args.core,
        hz: hz.into(),
        length: Duration::from_secs(args.seconds),
        load: f64::from(args.load) / 100.0,
    };
    let mut lateness_us = Vec::new();
    for run in 1..=args.runs {
        progress(&format!("floor: run {run} of {}", args.runs));
        lateness_us.push(Quantiles::of(&floor.measure()?, 1_000.0));
    }
    report.table(table(hz, args, &lateness_us));
    report.figures(&Figures {
        core: args.core,
        hz,
        load_percent: args.load,
        lateness_us,
    });
    Ok(report.publish(&args.report)?)
}

fn table(hz: u32, args: &Args, runs: &[Quantiles]) -> Table {
    let (core, load) = (args.core, args.load);
    let title = format!("Lateness of {hz} wake-ups a second on core {core} at {load} % load, µs");
    let [p50, p90, p99, p99_9, p99_99, max] = COLUMNS;
    let columns = ["run", "wake-ups", p50, p90, p99, p99_9, p99_99, max];
    let mut table = Table::new(title, columns);
    for (number, run) in (1..).zip(runs) {
        let head: [String; 2] = [whole(number), whole(run.count)];
        table.row(head.into_iter().chain(run.cells()));
    }
    table
}
