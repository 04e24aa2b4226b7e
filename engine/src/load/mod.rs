//! `downbeat load`: playing WebSocket clients, and what they see.
//!
//! One thread, one poller, thousands of sockets. The load is an *open loop*: each input has an
//! intended send time that nothing moves, and its latency counts from there, so that neither a late
//! server nor a late generator can hide behind fewer inputs (coordinated omission). The generator
//! measures its own lateness too, and calls a run INVALID when it was itself the limit.
//!
//! | module | what |
//! |---|---|
//! | `args`, `target`, `machine` | what to load, and what with |
//! | `run`, `phase` | the loop and its phases: joining, warm-up, measuring, leaving |
//! | `fleet`, `client`, `player` | all clients, one client's socket, one client's messages |
//! | `lane`, `http`, `wire` | how clients get their seats |
//! | `schedule`, `acks`, `arrivals`, `habit` | what is due, what answered, what came when, how it is read |
//! | `churn`, `gate`, `watcher` | who leaves and comes again; what ties runs together, and to `downbeat bench` |
//! | `meter`, `process`, `verdict` | what is measured |
//! | `report`, `table`, `hgrm`, `progress` | how it is shown |

mod acks;
mod args;
mod arrivals;
mod churn;
mod client;
mod dice;
mod fault;
mod fleet;
mod gate;
mod habit;
mod hgrm;
mod http;
mod input;
mod lane;
mod machine;
mod meter;
mod phase;
mod player;
mod process;
mod progress;
mod report;
mod rig;
mod run;
mod schedule;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod verdict;
mod watcher;
mod wire;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

pub(crate) use self::args::LoadArgs;
pub(crate) use self::fleet::Fleet;
pub(crate) use self::gate::Gate;
pub(crate) use self::hgrm::percentiles;
pub(crate) use self::input::moves;
pub(crate) use self::machine::{
    Machine, MachineError, allow_descriptors, cpu_model, descriptors_max, pin,
};
pub(crate) use self::process::{Process, Usage};
pub(crate) use self::report::{Distribution, PartyReport, Report};
pub(crate) use self::run::{Harvest, Run, Span, Ties};
use self::table::Table;
pub(crate) use self::target::{Target, TargetError};
pub(crate) use self::verdict::Verdict;
pub(crate) use self::watcher::{Moment, Second, Told, Watcher};

/// Runs `downbeat load` to its report: on stdout, what else is to be said on stderr.
pub(crate) fn run(args: &LoadArgs) -> ExitCode {
    match load(args) {
        Ok(code) => code,
        Err(error) => {
            say(&mut io::stderr(), format_args!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error("the loop failed: {0}")]
    Loop(#[from] io::Error),
    #[error("--hgrm {dir}: {source}")]
    Hgrm { dir: PathBuf, source: io::Error },
}

fn load(args: &LoadArgs) -> Result<ExitCode, LoadError> {
    let machine = Machine::this();
    let harvest = play(args)?;
    if let Some(dir) = &args.hgrm {
        hgrm::write_all(dir, &harvest.meter).map_err(|source| LoadError::Hgrm {
            dir: dir.clone(),
            source,
        })?;
    }
    let report = Report::new(args, machine, command(), &harvest);
    show(args, &report);
    Ok(report.verdict.exit_code())
}

fn play(args: &LoadArgs) -> Result<Harvest, LoadError> {
    allow_descriptors(Fleet::descriptors(args.clients))?;
    let target = Target::find(&args.url)?;
    if let Some(core) = args.cpu {
        pin(core)?;
    }
    let ties = Ties::none(stop_flag()?);
    Ok(Run::new(args, target, ties)?.play()?)
}

/// Set by the first Ctrl-C; the second one ends the process at once.
pub(crate) fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// The command line, without the place of the binary.
pub(crate) fn command() -> String {
    let arguments = std::env::args().skip(1);
    std::iter::once("downbeat".to_owned())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn show(args: &LoadArgs, report: &Report) {
    let mut out = io::stdout();
    if !args.json {
        say(&mut out, format_args!("{}", Table(report)));
        return;
    }
    let json = serde_json::to_string_pretty(report).expect("a report has string keys only");
    say(&mut out, format_args!("{json}\n"));
}

/// The one way from here to a terminal. A reader that is gone, as after `| head`, is no error.
fn say(out: &mut impl Write, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text).and_then(|()| out.flush());
}
