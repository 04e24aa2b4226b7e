//! The command line of the `downbeat` binary.

mod args;
mod cluster;
mod file;
pub(crate) mod log;
mod replay;
pub(crate) mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::ServerBuilder;
use args::{Args, Command};

/// Runs the command that the process was started with, with the rooms that come with Downbeat.
pub fn main() -> ExitCode {
    run(serve::sample())
}

/// Runs the command that the process was started with, with the rooms of `server`.
pub(crate) fn run(server: ServerBuilder) -> ExitCode {
    let args = Args::parse();
    match args.command {
        None => serve::run(&args.serve, server),
        Some(Command::Serve(serve)) => serve::run(&serve, server),
        Some(Command::Bench(bench)) => crate::bench::run(&bench),
        Some(Command::Record(record)) => serve::run(&record.into_serve(), server),
        Some(Command::Replay(replay)) => replay::run(replay, server.definitions()),
        Some(Command::Load(load)) => crate::load::run(&load),
        Some(Command::Cluster(args)) => cluster::run(&args),
        Some(Command::Types) => print_types(&server),
        Some(Command::Limits) => list_limits(),
    }
}

#[allow(clippy::print_stdout, reason = "the types are what was asked for")]
fn print_types(server: &ServerBuilder) -> ExitCode {
    print!("{}", server.types());
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
