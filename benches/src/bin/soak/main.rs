//! Does a server that clients come to and leave keep memory and descriptors flat?

mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use downbeat_benches::cpu;
use downbeat_benches::process::ProcessError;
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{CLIENTS, Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde::Serialize;

use visitor::Visit;

/// Thousands of visits, some of them rude, to one server; between them its memory and open files.
#[derive(Debug, Parser)]
struct Args {
    /// Thousands of visits.
    #[arg(long, value_name = "N", default_value_t = 100)]
    thousands: u64,
    /// Visitors at a time.
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u64).range(1..=1_000))]
    visitors: u64,
    /// How often to look at the server on the way.
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(2..))]
    looks: u64,
    /// The room that they join.
    #[arg(long, value_name = "NAME", default_value = "arena")]
    room: String,
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
    Process(#[from] ProcessError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// The server when nobody is there.
#[derive(Clone, Copy, Debug, Serialize)]
struct Look {
    visits: u64,
    rss_bytes: u64,
    open_files: u64,
    rooms: u64,
    connections: u64,
}

#[derive(Debug, Serialize)]
struct Figures {
    looks: Vec<Look>,
    /// Visits that did not go as planned, by reason.
    failures: BTreeMap<String, u64>,
}

type Failures = BTreeMap<String, u64>;

/// Those who said goodbye are gone at once, those who vanished when the server reads of it.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(30);
/// A reserved seat and a half request are given up by then.
const FORGOTTEN: Duration = Duration::from_secs(20);
/// Shards tell their figures once a second.
const PUBLISHED: Duration = Duration::from_millis(1_100);

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question = "Does a server that clients come to and leave keep memory and descriptors flat?";
    let mut report = Report::new("soak", question);
    let figures = soak(args)?;
    report.table(table(&figures.looks));
    if let Some(growth) = growth(&figures.looks) {
        report.note(growth);
    }
    let failures: u64 = figures.failures.values().sum();
    report.note(format!(
        "Visits that did not go as planned: {}.",
        whole(failures)
    ));
    for (reason, count) in &figures.failures {
        report.note(format!("- {count} × {reason}"));
    }
    report.figures(&figures);
    Ok(report.publish(&args.report)?)
}

fn soak(args: &Args) -> Result<Figures, Error> {
    let server = Server::start(&args.server)?;
    let mut failures = Failures::new();
    let mut looks = vec![look(&server, 0)?];
    let visits = args.thousands * 1_000;
    for number in 0..args.looks {
        let visits = visits * number / args.looks..visits * (number + 1) / args.looks;
        let end = visits.end;
        progress(&format!("soak: {end} visits"));
        for (reason, count) in visit(args, server.address(), visits) {
            *failures.entry(reason).or_default() += count;
        }
        server.wait_for(CLIENTS, 0, EMPTY_TIMEOUT)?;
        looks.push(look(&server, end)?);
    }
    thread::sleep(FORGOTTEN);
    looks.push(look(&server, visits)?);
    Ok(Figures { looks, failures })
}

/// Lets all visitors pay their share of the visits, and waits for them.
fn visit(args: &Args, address: SocketAddr, visits: std::ops::Range<u64>) -> Failures {
    let visitors = args.visitors;
    let share = |visitor: u64| {
        let visits = visits.clone();
        move || {
            // A visitor that is not pinned makes the same visits.
            let _ = cpu::pin(args.server.load_core);
            let mut failures = Failures::new();
            for number in visits.filter(|number| number % visitors == visitor) {
                if let Err(error) = Visit::of(number / visitors).pay(address, &args.room) {
                    *failures.entry(error.to_string()).or_default() += 1;
                }
            }
            failures
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..visitors)
            .map(|visitor| scope.spawn(share(visitor)))
            .collect();
        let mut failures = Failures::new();
        for thread in threads {
            let of_one = thread.join().expect("a visitor has no way to panic");
            for (reason, count) in of_one {
                *failures.entry(reason).or_default() += count;
            }
        }
        failures
    })
}

fn look(server: &Server, visits: u64) -> Result<Look, Error> {
    thread::sleep(PUBLISHED);
    let (process, metrics) = (server.process(), server.metrics()?);
    Ok(Look {
        visits,
        rss_bytes: process.rss_bytes()?,
        open_files: process.open_files()?,
        rooms: metrics.sum("downbeat_rooms") as u64,
        connections: metrics.sum("downbeat_connections") as u64,
    })
}

fn table(looks: &[Look]) -> Table {
    let title = "The server between visits; the first and the last look at rest";
    let columns = ["visits", "RSS, MiB", "open files", "rooms", "connections"];
    let mut table = Table::new(title, columns);
    for look in looks {
        table.row([
            whole(look.visits),
            figure(look.rss_bytes as f64 / MIB),
            whole(look.open_files),
            whole(look.rooms),
            whole(look.connections),
        ]);
    }
    table
}

/// What the second half of the visits left behind: the first half warms up allocators.
fn growth(looks: &[Look]) -> Option<String> {
    let last = looks.last()?;
    let middle = looks.iter().find(|look| look.visits >= last.visits / 2)?;
    let thousands = (last.visits - middle.visits) as f64 / 1_000.0;
    let kib = (last.rss_bytes as f64 - middle.rss_bytes as f64) / 1_024.0;
    let files = last.open_files as i64 - middle.open_files as i64;
    Some(format!(
        "Over the last {} visits: RSS {} KiB ({} bytes per visit), open files {files:+}.",
        whole(last.visits - middle.visits),
        figure(kib),
        figure(kib * 1_024.0 / thousands / 1_000.0)
    ))
}

const MIB: f64 = 1_048_576.0;
