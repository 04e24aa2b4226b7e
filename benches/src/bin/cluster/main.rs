//! What does it cost to play through another node, and what do players notice when a Redis master
//! ends? How fast are rooms found among many, and how many join per second?
//!
//! Three nodes of one shard each, six Redis servers and all clients share the cores of this machine.

mod hop;
mod nodes;
mod play;
mod registry;
mod storm;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use downbeat_benches::report::{Report, ReportArgs, progress};
use downbeat_benches::table::Table;
use serde_json::{Value, json};

use nodes::Nodes;
use play::Fault;

/// Measures three nodes on a Redis Cluster of its own: 3 masters, 3 replicas.
#[derive(Debug, Parser)]
struct Args {
    /// The binary under test, which plays the clients too.
    #[arg(
        long,
        value_name = "FILE",
        env = "DOWNBEAT",
        default_value = "target/release/downbeat"
    )]
    downbeat: PathBuf,
    /// Players: two thirds play through a node that does not own their room.
    #[arg(long, default_value_t = 150)]
    clients: u32,
    /// How long each game is measured.
    #[arg(long, default_value_t = 16)]
    seconds: u32,
    /// Times that each game is played.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Rooms that are listed while rooms are looked for.
    #[arg(long, default_value_t = 10_000)]
    rooms: u64,
    /// Rooms that come and go.
    #[arg(long, default_value_t = 100_000)]
    passing: u64,
    /// Requests for a seat, per second.
    #[arg(long, default_value_t = 1_000)]
    joins: u32,
    /// Leave some out.
    #[arg(long, value_delimiter = ',', default_values = ["play", "kill", "pause", "find", "pass", "storm"])]
    only: Vec<String>,
    #[command(flatten)]
    report: ReportArgs,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let question = "What does it cost to play through another node, what do players notice when a \
                    Redis master ends, how fast are rooms found, and how many join per second?";
    let mut report = Report::new("cluster", question);
    let mut raw = Vec::new();
    let wants = |what: &str| args.only.iter().any(|only| only == what);
    for (name, fault) in [
        ("play", Fault::None),
        ("kill", Fault::Kill),
        ("pause", Fault::Pause),
    ] {
        if wants(name) {
            let (tables, figures) = games(args, name, fault)?;
            tables.into_iter().for_each(|table| report.table(table));
            raw.push(figures);
        }
    }
    if wants("find") {
        progress("cluster: find");
        let (table, figures) = registry::find(args.rooms)?;
        report.table(table);
        raw.push(json!({ "find": figures }));
    }
    if wants("pass") {
        progress("cluster: pass");
        let (table, figures) = registry::come_and_go(args.passing)?;
        report.table(table);
        raw.push(json!({ "pass": figures }));
    }
    if wants("storm") {
        progress("cluster: storm");
        let window = Duration::from_secs(5);
        let (table, figures) = storm::run(&args.downbeat, args.joins, window)?;
        report.table(table);
        raw.push(json!({ "storm": figures }));
    }
    report.note(
        "Three nodes of one shard each, six Redis servers and all clients share the cores of one \
         machine. In each game a third of the players of every room is at the node that owns it and \
         two thirds are not; each row has the worst of its parties, but for the median of their \
         medians. A master is killed or paused after a third of the window.",
    );
    report.figures(&raw);
    Ok(report.publish(&args.report)?)
}

fn games(args: &Args, name: &str, fault: Fault) -> Result<([Table; 2], Value), Box<dyn Error>> {
    let title = match fault {
        Fault::None => "Arena, 20 Hz, through any node, ms",
        Fault::Kill => "The same while a Redis master is killed, ms",
        Fault::Pause => "The same while a Redis master is paused, ms",
    };
    let columns = [
        "clients",
        "patches/s, least",
        "gap p99",
        "gap max",
        "input to state p50",
        "p99",
        "skipped",
        "frozen",
    ];
    let mut table = Table::new(title, columns);
    let mut hops = Table::new(
        "A bare sharded publish of 600 bytes at the same time, from sent to received, µs",
        ["run", "p50", "p99", "max"],
    );
    let mut raw = Vec::new();
    let window = Duration::from_secs(args.seconds.into());
    for number in 1..=args.runs {
        progress(&format!("cluster: {name}, run {number} of {}", args.runs));
        let nodes = Nodes::start(&args.downbeat, 3, &[])?;
        let game = play::play(&nodes, args.clients, window, fault)?;
        for row in game.rows() {
            table.row(row);
        }
        let hop = game.hop().map(|us| format!("{us:.0}"));
        hops.row([number.to_string()].into_iter().chain(hop));
        raw.push(game.raw);
    }
    Ok(([table, hops], json!({ name: raw })))
}
