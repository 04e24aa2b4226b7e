//! The generated half of `schemas`: written by flatc from the `.fbs` files, formatted like the rest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::process::{self, ProcessError};
use crate::project::Project;
use crate::tools::{self, ToolError};

/// Each `fbs/<name>.fbs` becomes `src/generated/<name>.rs`, with all that it includes.
const SCHEMAS: [&str; 2] = ["client", "server"];

/// Why the generated code could not be written, or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error(
        "{} in schemas/src/generated: not what flatc makes of schemas/fbs; \
         run `cargo xtask schemas` and commit what it writes",
        files.join(", ")
    )]
    Stale { files: Vec<String> },
    #[error(
        "flatc says `{flatc}`, but Cargo.lock has flatbuffers {runtime}: code and runtime must be of \
         one release; change FLATC in xtask/src/tools.rs or `flatbuffers` in Cargo.toml"
    )]
    Version { flatc: String, runtime: String },
    #[error("Cargo.lock lists no package `flatbuffers`: build once, then try again")]
    NoRuntime,
    #[error("could not use {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// Writes the generated code.
pub(crate) fn write(project: &Project) -> Result<(), SchemaError> {
    let fresh = generate(project)?;
    for file in files() {
        let to = committed(project).join(&file);
        fs::copy(fresh.join(&file), &to)
            .map_err(|source| SchemaError::File { path: to, source })?;
    }
    println!("schemas/src/generated is written");
    Ok(())
}

/// Fails if writing it would change something; changes nothing.
pub(crate) fn check(project: &Project) -> Result<(), SchemaError> {
    let fresh = generate(project)?;
    let mut stale = Vec::new();
    for file in files() {
        let expected = read(&fresh.join(&file))?;
        // A file that is not there is as stale as one that differs.
        let found = fs::read_to_string(committed(project).join(&file)).unwrap_or_default();
        if found != expected {
            stale.push(file);
        }
    }
    if !stale.is_empty() {
        return Err(SchemaError::Stale { files: stale });
    }
    println!("schemas/src/generated is fresh");
    Ok(())
}

/// Generates into a folder of its own.
fn generate(project: &Project) -> Result<PathBuf, SchemaError> {
    let flatc = tools::flatc(project)?;
    check_version(project, &flatc)?;
    let fresh = project.tools.join("generated");
    process::run(
        Command::new(flatc)
            .args(["--rust", "--gen-all", "--filename-suffix", "", "-o"])
            .arg(&fresh)
            .args(SCHEMAS.map(|name| format!("fbs/{name}.fbs")))
            .current_dir(project.root.join("schemas")),
    )?;
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path"]);
    rustfmt.arg(project.root.join("rustfmt.toml"));
    process::run(rustfmt.args(files()).current_dir(&fresh))?;
    Ok(fresh)
}

fn check_version(project: &Project, flatc: &Path) -> Result<(), SchemaError> {
    let lock = read(&project.root.join("Cargo.lock"))?;
    let runtime = locked_version(&lock, "flatbuffers").ok_or(SchemaError::NoRuntime)?;
    let flatc = process::output(Command::new(flatc).arg("--version"))?;
    if flatc == format!("flatc version {runtime}") {
        return Ok(());
    }
    let runtime = runtime.to_owned();
    Err(SchemaError::Version { flatc, runtime })
}

/// The version that Cargo.lock gives a package.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let head = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != head);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    version.strip_suffix('"')
}

fn files() -> [String; 2] {
    SCHEMAS.map(|name| format!("{name}.rs"))
}

fn committed(project: &Project) -> PathBuf {
    project.root.join("schemas/src/generated")
}

fn read(path: &Path) -> Result<String, SchemaError> {
    fs::read_to_string(path).map_err(|source| SchemaError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"flatbuffers-build\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"flatbuffers\"\nversion = \"25.12.19\"\n";
        assert_eq!(locked_version(lock, "flatbuffers"), Some("25.12.19"));
        assert_eq!(locked_version(lock, "serde"), None);
    }

    #[test]
    fn a_stale_file_is_named_with_the_way_out() {
        let files = vec!["client.rs".to_owned()];
        let error = SchemaError::Stale { files }.to_string();
        assert!(
            error.starts_with("client.rs in schemas/src/generated: not what"),
            "{error}"
        );
        assert!(error.contains("`cargo xtask schemas`"), "{error}");
    }
}
