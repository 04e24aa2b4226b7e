//! What does a patch cost, and how does that grow with entities and visible pairs?
//!
//! No socket and no clock in a room: the tables, groups and encoder of the core alone. Each patch
//! is made twice, once as the server does it and once the naive way, for each client by itself.

// The derives name the facade's crate; here that is the core.
extern crate downbeat_core as downbeat;

mod cost;
mod naive;
mod scene;
mod walker;

use std::process::ExitCode;

use clap::Parser;
use downbeat_benches::cpu::{self, CpuError};
use downbeat_benches::quantiles::{COLUMNS, Quantiles};
use downbeat_benches::report::{Report, ReportArgs, ReportError, progress};
use downbeat_benches::table::{Table, figure, whole};

use cost::Cost;
use scene::{Plan, Scene};
use walker::{Player, Quantized};

/// The cost of patches without sockets, next to the naive way in the same run.
#[derive(Debug, Parser)]
struct Args {
    /// The core to run on.
    #[arg(long, value_name = "CORE", default_value_t = 0)]
    core: usize,
    /// Patches of each room that are measured.
    #[arg(long, value_name = "N", default_value_t = 200)]
    patches: u32,
    /// Rooms of 50 in the arena scenes.
    #[arg(long, value_name = "N", default_value_t = 40)]
    arenas: usize,
    /// Entities of the worlds, each of which is also a client that sees about 50.
    #[arg(long, value_name = "N,…", value_delimiter = ',',
          default_values_t = [250, 500, 1_000, 2_000, 4_000, 8_000])]
    entities: Vec<usize>,
    /// How many each client of a world of 2,000 sees.
    #[arg(long, value_name = "N,…", value_delimiter = ',',
          default_values_t = [12, 25, 50, 100, 200])]
    visible: Vec<u32>,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Cpu(#[from] CpuError),
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// How many a client of a world sees unless it is varied.
const VISIBLE: u32 = 50;
/// The world in which it is varied.
const VARIED_ENTITIES: usize = 2_000;

fn main() -> ExitCode {
    downbeat_benches::report::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Error> {
    let question =
        "What does a patch cost, and how does that grow with entities and visible pairs?";
    let mut report = Report::new("encode", question);
    cpu::pin(args.core)?;
    let costs = measure(args);
    report.table(times("Time, p50 over patches, ns", &costs));
    report.table(spread(&costs));
    report.table(bytes(&costs));
    report.note(
        "collect: changed rows found and packed, once for each group. compose: head and shared \
         chunks put together for one client. copy: as many bytes copied from one place, the least \
         that any way must do. naive: the visible rows packed for one client alone, by the same \
         encoder; finding out which rows changed is not counted against it. factor: naive for all \
         clients, over collect and compose for all clients.",
    );
    report.figures(&costs);
    Ok(report.publish(&args.report)?)
}

fn measure(args: &Args) -> Vec<Cost> {
    let mut costs = Vec::new();
    let arena = Plan::arena();
    costs.push(patches::<Player>("arena f32", args.arenas, arena, args));
    costs.push(patches::<Quantized>(
        "arena 16 bit",
        args.arenas,
        arena,
        args,
    ));
    for entities in &args.entities {
        let plan = Plan::world(*entities, VISIBLE);
        costs.push(patches::<Quantized>("world", 1, plan, args));
    }
    for visible in &args.visible {
        let plan = Plan::world(VARIED_ENTITIES, *visible);
        costs.push(patches::<Quantized>("world, other density", 1, plan, args));
    }
    costs
}

fn patches<C: walker::Walker>(name: &str, rooms: usize, plan: Plan, args: &Args) -> Cost {
    progress(&format!("encode: {name}, {} entities", plan.entities));
    let mut scenes: Vec<Scene<C>> = (0..rooms as u64)
        .map(|seed| Scene::new(plan, seed))
        .collect();
    Cost::measure(name, &mut scenes, args.patches)
}

fn times(title: &str, costs: &[Cost]) -> Table {
    let columns = [
        "room",
        "entities",
        "visible per client",
        "collect per entity",
        "compose per client",
        "compose per visible pair",
        "copy per client",
        "naive per client",
        "factor",
    ];
    let mut table = Table::new(title, columns);
    for cost in costs {
        table.row([
            cost.room.clone(),
            whole(cost.entities as u64),
            figure(cost.visible_per_client),
            figure(cost.collect_per_entity_ns.p50),
            figure(cost.compose_per_client_ns.p50),
            figure(cost.compose_per_client_ns.p50 / cost.visible_per_client),
            figure(cost.copy_per_client_ns.p50),
            figure(cost.naive_per_client_ns.p50),
            figure(cost.factor()),
        ]);
    }
    table
}

fn spread(costs: &[Cost]) -> Table {
    let [p50, p90, p99, _, _, max] = COLUMNS;
    let columns = ["room", "entities", "ns", p50, p90, p99, max];
    let mut table = Table::new("Spread over patches", columns);
    for cost in costs {
        for (what, ns) in [
            ("collect per entity", cost.collect_per_entity_ns),
            ("compose per client", cost.compose_per_client_ns),
            ("naive per client", cost.naive_per_client_ns),
        ] {
            let [p50, p90, p99, _, _, max] = ns.cells();
            let (room, entities) = (cost.room.clone(), whole(cost.entities as u64));
            table.row([room, entities, what.to_owned(), p50, p90, p99, max]);
        }
    }
    table
}

fn bytes(costs: &[Cost]) -> Table {
    let columns = [
        "room",
        "entities",
        "visible per client",
        "p50",
        "p99",
        "max",
        "p50 per visible row",
        "naive p50",
    ];
    let title = format!(
        "Bytes per client and patch, the head of {} included",
        costs.first().map_or(0, |cost| cost.head_bytes)
    );
    let mut table = Table::new(title, columns);
    for cost in costs {
        let Quantiles { p50, p99, max, .. } = cost.patch_bytes;
        table.row([
            cost.room.clone(),
            whole(cost.entities as u64),
            figure(cost.visible_per_client),
            whole(p50 as u64),
            whole(p99 as u64),
            whole(max as u64),
            figure(p50 / cost.visible_per_client),
            whole(cost.naive_bytes.p50 as u64),
        ]);
    }
    table
}
