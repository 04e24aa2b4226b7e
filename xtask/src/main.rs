//! The project's own commands: `cargo xtask help` lists them.
//!
//! They use what a Rust machine has, and fetch the rest into `target/xtask`: nothing outside of the
//! target folder changes, but for Debian packages where Python or Node are missing.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to whoever called it"
)]

mod bench_page;
mod bench_report;
mod chaos;
mod command;
mod debian;
mod fuzz;
mod micro;
mod pages;
mod process;
mod project;
mod schemas;
mod test;
mod tools;

use std::process::ExitCode;

use command::{Command, USAGE};
use project::Project;

fn main() -> ExitCode {
    let command = match Command::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("xtask: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(command, &Project::new()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, project: &Project) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Help => println!("{USAGE}"),
        Command::Schemas { check: true } => schemas::check(project)?,
        Command::Schemas { check: false } => schemas::write(project)?,
        Command::Pages { check: true } => pages::check(project)?,
        Command::Pages { check: false } => pages::write(project)?,
        Command::Test { quick } => test::run(project, quick)?,
        Command::BenchReport { quick, names } => bench_report::run(project, &names, quick)?,
        Command::Chaos { minutes, seed } => chaos::run(project, minutes, seed)?,
        Command::Fuzz { target, seconds } => fuzz::run(project, target.as_deref(), seconds)?,
    }
    Ok(())
}
