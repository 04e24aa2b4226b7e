//! The wire in code: written by flatc from the `.fbs` files, for `schemas` in Rust and for the
//! client in TypeScript. The Rust is formatted like the rest; the TypeScript is left as it comes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::process::{self, ProcessError};
use crate::project::Project;
use crate::tools::{self, ToolError};

/// Each `fbs/<name>.fbs` becomes `src/generated/<name>.rs`, with all that it includes, and a
/// TypeScript file for each of its types.
const SCHEMAS: [&str; 2] = ["client", "server"];

/// Where generated code is committed.
const RUST: &str = "schemas/src/generated";
const TYPESCRIPT: &str = "clients/typescript/src/generated/downbeat/wire";
/// The namespace of the schemas, and so the folder of their types in TypeScript.
const TYPES: &str = "downbeat/wire";
/// Among the Rust, but written by hand.
const MODULE: &str = "mod.rs";

/// Why the generated code could not be written, or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error(
        "{}: not what flatc makes of schemas/fbs; \
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
    for generated in generate(project)? {
        let committed = project.root.join(generated.folder);
        for file in names(&committed)?.difference(&names(&generated.fresh)?) {
            let gone = committed.join(file);
            fs::remove_file(&gone).map_err(|source| failed(&gone, source))?;
        }
        fs::create_dir_all(&committed).map_err(|source| failed(&committed, source))?;
        for file in names(&generated.fresh)? {
            let to = committed.join(&file);
            fs::copy(generated.fresh.join(&file), &to).map_err(|source| failed(&to, source))?;
        }
        println!("{} is written", generated.folder);
    }
    Ok(())
}

/// Fails if writing it would change something; changes nothing.
pub(crate) fn check(project: &Project) -> Result<(), SchemaError> {
    let mut stale = Vec::new();
    for generated in generate(project)? {
        let committed = project.root.join(generated.folder);
        // A file that is there without being generated is as stale as one that differs.
        for file in names(&committed)?.union(&names(&generated.fresh)?) {
            let expected = fs::read_to_string(generated.fresh.join(file)).ok();
            let found = fs::read_to_string(committed.join(file)).ok();
            if found != expected {
                stale.push(format!("{}/{file}", generated.folder));
            }
        }
    }
    if !stale.is_empty() {
        return Err(SchemaError::Stale { files: stale });
    }
    println!("the generated code is fresh");
    Ok(())
}

/// Files fresh from the compiler, and the folder where they are committed.
struct Generated {
    fresh: PathBuf,
    folder: &'static str,
}

/// Generates into folders of their own.
fn generate(project: &Project) -> Result<[Generated; 2], SchemaError> {
    let flatc = tools::flatc(project)?;
    check_version(project, &flatc)?;
    let fresh = project.tools.join("generated");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(|source| failed(&fresh, source))?;
    }
    let rust = fresh.join("rust");
    let suffix = ["--rust", "--gen-all", "--filename-suffix", ""];
    compile(project, &flatc, &suffix, &rust)?;
    format(project, &rust)?;
    let typescript = fresh.join("typescript");
    compile(project, &flatc, &["--ts", "--gen-all"], &typescript)?;
    let types = typescript.join(TYPES);
    Ok([
        Generated {
            fresh: rust,
            folder: RUST,
        },
        Generated {
            fresh: types,
            folder: TYPESCRIPT,
        },
    ])
}

fn compile(
    project: &Project,
    flatc: &Path,
    options: &[&str],
    to: &Path,
) -> Result<(), SchemaError> {
    process::run(
        Command::new(flatc)
            .args(options)
            .arg("-o")
            .arg(to)
            .args(SCHEMAS.map(|name| format!("fbs/{name}.fbs")))
            .current_dir(project.root.join("schemas")),
    )?;
    Ok(())
}

fn format(project: &Project, folder: &Path) -> Result<(), SchemaError> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path"]);
    rustfmt.arg(project.root.join("rustfmt.toml"));
    rustfmt.args(SCHEMAS.map(|name| format!("{name}.rs")));
    process::run(rustfmt.current_dir(folder))?;
    Ok(())
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

/// The generated files of a folder; none if it is not there.
fn names(folder: &Path) -> Result<BTreeSet<String>, SchemaError> {
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: Result<BTreeSet<_>, io::Error> = names.collect();
    let mut names = names.map_err(|source| failed(folder, source))?;
    names.remove(MODULE);
    Ok(names)
}

fn read(path: &Path) -> Result<String, SchemaError> {
    fs::read_to_string(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> SchemaError {
    let path = path.to_owned();
    SchemaError::File { path, source }
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
        let files = vec![format!("{RUST}/client.rs")];
        let error = SchemaError::Stale { files }.to_string();
        assert!(
            error.starts_with("schemas/src/generated/client.rs: not what"),
            "{error}"
        );
        assert!(error.contains("`cargo xtask schemas`"), "{error}");
    }
}
