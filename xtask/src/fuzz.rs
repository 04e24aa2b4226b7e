//! The fuzz targets of `tests/fuzz`, run by cargo-fuzz.

use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use crate::process::{self, ProcessError};
use crate::project::Project;

/// Why nothing was fuzzed, or what the fuzzer said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    #[error("fuzzing needs cargo-fuzz: run `cargo install cargo-fuzz`")]
    NoCargoFuzz,
    #[error("there are no fuzz targets: expected {path}", path = .0.display())]
    NoTargets(PathBuf),
    #[error("there is no fuzz target `{found}`: there are {known}")]
    UnknownTarget { found: String, known: String },
    #[error("could not make {path}: {source}", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
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
        // What is found goes to the first folder; the committed corpus is only read.
        let found = project.tools.join("fuzz").join(target);
        fs::create_dir_all(&found).map_err(|source| FuzzError::Folder {
            path: found.clone(),
            source,
        })?;
        let mut fuzz = cargo_fuzz(project);
        fuzz.args(["run", target]);
        fuzz.arg(found).arg(format!("fuzz/corpus/{target}"));
        fuzz.args(["--", &format!("-max_total_time={seconds}")]);
        process::run(&mut fuzz)?;
    }
    Ok(())
}

fn check_tools(project: &Project) -> Result<(), FuzzError> {
    let manifest = project.root.join("tests/fuzz/Cargo.toml");
    if !manifest.is_file() {
        return Err(FuzzError::NoTargets(manifest));
    }
    if !process::works(Command::new("cargo").args(["fuzz", "--version"])) {
        return Err(FuzzError::NoCargoFuzz);
    }
    Ok(())
}

/// Sanitizers are for nightly compilers; this variable lets any compiler use them.
fn cargo_fuzz(project: &Project) -> Command {
    let mut cargo_fuzz = Command::new("cargo");
    cargo_fuzz.arg("fuzz").env("RUSTC_BOOTSTRAP", "1");
    cargo_fuzz.current_dir(project.root.join("tests"));
    cargo_fuzz
}
