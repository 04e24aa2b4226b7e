//! The fuzz targets of `tests/fuzz`, run by cargo-fuzz.

use std::path::PathBuf;
use std::process::Command;

use crate::process::{self, ProcessError};
use crate::project::Project;

/// Why nothing was fuzzed, or what the fuzzer said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    #[error("fuzzing needs a nightly compiler: run `rustup toolchain install nightly`")]
    NoNightly,
    #[error("fuzzing needs cargo-fuzz: run `cargo install cargo-fuzz`")]
    NoCargoFuzz,
    #[error("there are no fuzz targets: expected {path}", path = .0.display())]
    NoTargets(PathBuf),
    #[error("there is no fuzz target `{found}`: there are {known}")]
    UnknownTarget { found: String, known: String },
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// Fuzzes one target, or all in turn, for so many seconds each; stops at the first finding.
pub(crate) fn run(project: &Project, target: Option<&str>, seconds: u64) -> Result<(), FuzzError> {
    check_tools(project)?;
    let known = process::output(cargo_fuzz(project).arg("list"))?;
    let known: Vec<&str> = known.lines().collect();
    let targets = match target {
        None => known,
        Some(target) if known.contains(&target) => vec![target],
        Some(target) => {
            return Err(FuzzError::UnknownTarget {
                found: target.to_owned(),
                known: known.join(", "),
            });
        }
    };
    for target in targets {
        println!("\n==> {target}: {seconds} s");
        let mut fuzz = cargo_fuzz(project);
        fuzz.args(["run", target, "--"]);
        process::run(fuzz.arg(format!("-max_total_time={seconds}")))?;
    }
    Ok(())
}

fn check_tools(project: &Project) -> Result<(), FuzzError> {
    let manifest = project.root.join("tests/fuzz/Cargo.toml");
    if !manifest.is_file() {
        return Err(FuzzError::NoTargets(manifest));
    }
    if !process::works(nightly().arg("--version")) {
        return Err(FuzzError::NoNightly);
    }
    if !process::works(nightly().args(["fuzz", "--version"])) {
        return Err(FuzzError::NoCargoFuzz);
    }
    Ok(())
}

fn cargo_fuzz(project: &Project) -> Command {
    let mut cargo_fuzz = nightly();
    cargo_fuzz
        .arg("fuzz")
        .current_dir(project.root.join("tests"));
    cargo_fuzz
}

/// Through rustup: the `cargo` that runs this command has put its own toolchain first.
fn nightly() -> Command {
    let mut cargo = Command::new("rustup");
    cargo.args(["run", "nightly", "cargo"]);
    cargo
}
