//! The command line of the `downbeat` binary.

mod args;
mod file;
pub(crate) mod log;
pub(crate) mod serve;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match args.command {
        None => serve::run(&args.serve),
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Bench(bench)) => crate::bench::run(&bench),
        Some(Command::Load(load)) => crate::load::run(&load),
        Some(Command::Types) => print_types(),
        Some(Command::Limits) => list_limits(),
    }
}

#[allow(clippy::print_stdout, reason = "the types are what was asked for")]
fn print_types() -> ExitCode {
    print!("{}", serve::rooms().types());
    ExitCode::SUCCESS
}

#[allow(clippy::print_stdout, reason = "the list is what was asked for")]
fn list_limits() -> ExitCode {
    for limit in crate::limits::Limits::ALL {
        println!(
            "{} = {}\n    {} to {}. {}\n",
            limit.name, limit.default, limit.min, limit.max, limit.about
        );
    }
    ExitCode::SUCCESS
}
