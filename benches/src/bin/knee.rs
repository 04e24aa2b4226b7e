//! How many clients does one core serve before patches come late?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use downbeat_benches::knee::{Rule, Run, Step};
use downbeat_benches::load::{Load, LoadError};
use downbeat_benches::load_report::{LoadFigures, LoadReport, ServerCpu, ServerMemory, Verdict};
use downbeat_benches::process::{FilesError, allow_files};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::server::{Server, ServerArgs, ServerError};
use downbeat_benches::table::{Table, figure, whole};
use serde_json::{Value, json};

/// More and more clients against a fresh server, up to those that it no longer serves in time.
#[derive(Debug, Parser)]
struct Args {
    /// The room types; `world` is made as large as its clients need to see about 50 each.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_values = ["arena", "world"])]
    rooms: Vec<String>,
    /// Numbers of clients, ascending; those after the first that is too many are left out, but one.
    #[arg(long, value_name = "N,…", value_delimiter = ',',
          default_values_t = [1_000, 2_000, 3_000, 3_500, 4_000])]
    clients: Vec<u32>,
    /// How often each step is run.
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How long each run is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 6.0)]
    seconds: f64,
    /// How long all clients play before that.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    warmup: f64,
    /// Write the histograms of each run as percentile files (.hgrm) into a directory of its own
    /// below this one.
    #[arg(long, value_name = "DIR")]
    hgrm: Option<PathBuf>,
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

/// The runs of one number of clients.
struct Climb {
    clients: u32,
    reports: Vec<LoadReport>,
}

/// Steps that are run after the knee: the curve beyond it shows that it is one.
const STEPS_BEYOND: usize = 2;
/// Of the server besides its clients.
const SPARE_FILES: u64 = 200;
/// What a client of `world` sees, and from how large a square: see the room.
const VISIBLE: f64 = 50.0;
const SEEN_UNITS: f64 = 9.0 * 100.0 * 100.0;

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question = "How many clients does one core serve before patches come late?";
    let mut report = Report::new("knee", question);
    let most = args.clients.iter().max().copied().unwrap_or(0);
    allow_files(u64::from(most) + SPARE_FILES)?;
    let mut figures = serde_json::Map::new();
    for room in &args.rooms {
        let climbs = climb(args, room)?;
        let steps: Vec<Step> = climbs.iter().map(Climb::step).collect();
        let knee = Rule::AT_20_HZ.knee(&steps);
        report.table(table(room, &climbs));
        report.note(format!("Knee of {room}: {knee}."));
        for reasons in reasons(&climbs) {
            report.note(reasons);
        }
        let raw: Vec<&Value> = raw(&climbs).collect();
        figures.insert(room.clone(), json!({"knee": knee, "runs": raw}));
    }
    let Rule { p99_ms_max, hz_min } = Rule::AT_20_HZ;
    report.note(format!(
        "Rule: in each valid run p99 ≤ {p99_ms_max} ms from one patch to the next, at least \
         {hz_min} patches per client and second, and all clients there to the end. A run is \
         invalid when the generator itself was late. RSS is the process's own memory."
    ));
    report.figures(&figures);
    Ok(report.publish(&args.report)?)
}

/// Runs step after step until one is too many, and a little further.
fn climb(args: &Args, room: &str) -> Result<Vec<Climb>, Error> {
    let mut climbs: Vec<Climb> = Vec::new();
    let mut beyond = 0;
    for clients in &args.clients {
        let climb = step(args, room, *clients)?;
        let runs = climb.step().runs;
        let served = runs
            .iter()
            .all(|run| run.is_valid && Rule::AT_20_HZ.holds(run));
        beyond += usize::from(!served);
        climbs.push(climb);
        if beyond >= STEPS_BEYOND {
            break;
        }
    }
    Ok(climbs)
}

fn step(args: &Args, room: &str, clients: u32) -> Result<Climb, Error> {
    let mut reports = Vec::new();
    for number in 1..=args.runs {
        let name = format!("{room}-{clients}-{number}");
        progress(&format!("knee: {name} of {}", args.runs));
        let server = Server::start(&args.server)?;
        let load = Load {
            warmup_seconds: args.warmup,
            options: options(room, clients),
            hgrm: args.hgrm.as_ref().map(|dir| dir.join(name)),
            ..Load::new(room, clients, args.seconds)
        };
        reports.push(load.run(&args.server, &server)?);
    }
    Ok(Climb { clients, reports })
}

fn options(room: &str, clients: u32) -> Value {
    match room {
        "world" => json!({"side": (f64::from(clients) * SEEN_UNITS / VISIBLE).sqrt().max(100.0)}),
        _ => json!({}),
    }
}

/// Why runs are not valid.
fn reasons(climbs: &[Climb]) -> impl Iterator<Item = String> {
    climbs.iter().flat_map(|climb| {
        let runs = (1..).zip(&climb.reports);
        runs.filter(|(_, report)| !report.figures.reasons.is_empty())
            .map(|(number, report)| {
                let (clients, reasons) = (whole(climb.clients), &report.figures.reasons);
                format!("- {clients} clients, run {number}: {}.", reasons.join("; "))
            })
    })
}

fn raw(climbs: &[Climb]) -> impl Iterator<Item = &Value> {
    let reports = climbs.iter().flat_map(|climb| &climb.reports);
    reports.map(|report| &report.raw)
}

impl Climb {
    fn step(&self) -> Step {
        let runs = self.reports.iter().map(|report| {
            let figures = &report.figures;
            Run {
                p99_ms: figures.patch_inter_arrival_ms.p99,
                hz: figures.patches_per_client_s.mean,
                is_complete: figures.verdict != Verdict::Incomplete,
                is_valid: figures.verdict != Verdict::Invalid,
            }
        });
        Step {
            clients: self.clients,
            runs: runs.collect(),
        }
    }
}

fn table(room: &str, climbs: &[Climb]) -> Table {
    let columns = [
        "clients",
        "run",
        "Hz",
        "gap p50, ms",
        "p99",
        "p99.9",
        "max",
        "input→state p50, ms",
        "p99",
        "CPU %",
        "user %",
        "% per 1,000",
        "idle RSS, MiB",
        "RSS per client, KiB",
        "bytes per patch",
        "bytes/s per client",
        "verdict",
    ];
    let mut table = Table::new(format!("{room}, every run"), columns);
    for climb in climbs {
        for (number, report) in (1..).zip(&climb.reports) {
            let head: [String; 2] = [whole(climb.clients), whole(number)];
            table.row(head.into_iter().chain(cells(&report.figures)));
        }
    }
    table
}

fn cells(figures: &LoadFigures) -> [String; 15] {
    let gap = figures.patch_inter_arrival_ms;
    let answer = figures.input_to_state_ms;
    let ServerCpu {
        percent,
        user_percent,
        percent_per_1000_clients,
    } = figures.server.cpu.unwrap_or_default();
    let ServerMemory {
        before_kib,
        per_client_kib,
        ..
    } = figures.server.memory.unwrap_or_default();
    let verdict = match figures.verdict {
        Verdict::Valid => "valid",
        Verdict::Incomplete => "incomplete",
        Verdict::Invalid => "invalid",
    };
    [
        figure(figures.patches_per_client_s.mean),
        figure(gap.p50),
        figure(gap.p99),
        figure(gap.p999),
        figure(gap.max),
        figure(answer.p50),
        figure(answer.p99),
        figure(percent),
        figure(user_percent),
        figure(percent_per_1000_clients),
        figure(before_kib as f64 / 1_024.0),
        figure(per_client_kib),
        figure(figures.bytes.per_patch),
        figure(figures.bytes.in_per_client_s),
        verdict.to_owned(),
    ]
}
