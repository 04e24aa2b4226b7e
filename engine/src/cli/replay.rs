//! `downbeat replay`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::replay::{Order, Report, run as replay};
use crate::server::definition::RoomDefinition;

/// Run a recording without sockets, and compare each tick with it.
///
/// Ends with 0 if all was the same, with 1 at the first difference or damage: what came before it
/// was whole.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// A .beat file, or the folder of a captured slow tick.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Stop after this tick.
    #[arg(long, value_name = "TICK")]
    until: Option<u64>,

    /// Print the room's state at the end, as JSON.
    #[arg(long)]
    print_state: bool,

    /// Write a flame graph of the replay.
    #[arg(long, value_name = "SVG")]
    profile: Option<PathBuf>,
}

pub(super) fn run(args: ReplayArgs, definitions: &[RoomDefinition]) -> ExitCode {
    let order = Order {
        path: args.file,
        until: args.until,
        state: args.print_state,
        profile: args.profile,
    };
    match replay(&order, definitions) {
        Ok(report) => print(&report),
        Err(error) => fail(&error.to_string()),
    }
}

/// The state alone goes to standard output, for other programs; words go to standard error.
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it was asked for"
)]
fn print(report: &Report) -> ExitCode {
    eprint!("{report}");
    match &report.state {
        Some(Ok(state)) => println!("{state:#}"),
        Some(Err(why)) => return fail(&format!("the state is none for JSON: {why}")),
        None => {}
    }
    match &report.profile {
        Some(Ok(samples)) => eprintln!("flame graph of {samples} samples written"),
        Some(Err(why)) => return fail(&format!("no flame graph: {why}")),
        None => {}
    }
    match report.error {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

#[allow(clippy::print_stderr, reason = "the last word of a command")]
fn fail(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
