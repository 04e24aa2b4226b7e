//! The benchmarks, one after the other on a machine that does nothing else, and the page of their
//! results.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::bench_page::{self, PageError};
use crate::micro::{self, MicroError};
use crate::process::{self, ProcessError};
use crate::project::Project;

/// Why there is no report, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("there is no benchmark `{found}`: there are {known}")]
    Unknown { found: String, known: String },
    #[error("could not read or write {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Micro(#[from] MicroError),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// `downbeat bench`, or a program of `benches/`, and how to see within seconds that it works.
struct Bench {
    name: &'static str,
    quick: &'static [&'static str],
}

/// What is no program of `benches/`, but a command of the server.
const DOWNBEAT: &str = "bench";
/// What is no program either: `cargo bench`.
const MICRO: &str = "micro";
/// As often as a figure is to be taken that is published.
const RUNS: &[&str] = &["--runs", "5", "--seconds", "6"];

/// In the order of the page: what is pure first.
const BENCHES: &[Bench] = &[
    Bench {
        name: MICRO,
        quick: &[],
    },
    Bench {
        name: "encode",
        quick: &[
            "--patches",
            "10",
            "--entities",
            "250,1000",
            "--visible",
            "50",
        ],
    },
    Bench {
        name: DOWNBEAT,
        quick: &["--quick"],
    },
    Bench {
        name: "watching",
        quick: &["--seconds", "2", "--runs", "1", "--clients", "200"],
    },
    Bench {
        name: "cluster",
        quick: &[
            "--only",
            "play,find,pass,storm",
            "--runs",
            "1",
            "--seconds",
            "2",
            "--rooms",
            "500",
            "--passing",
            "2000",
            "--joins",
            "100",
        ],
    },
    Bench {
        name: "soak",
        quick: &["--thousands", "2", "--looks", "2"],
    },
];

const INTRODUCTION: &str = "\
# Results

Written by `cargo xtask bench-report`; beside each table stand the machine, the commit and the
command that does the same again. All runs are shown, and percentiles rather than means. The raw
figures are in `results/`.
";

/// Runs the benchmarks of these names, or all. A quick run only shows that they work: its figures
/// stay in the target folder.
pub(crate) fn run(project: &Project, names: &[String], quick: bool) -> Result<(), BenchError> {
    let benches = choose(names)?;
    let target = build(project)?;
    let folder = if quick {
        project.tools.join("bench-report")
    } else {
        project.root.join("benches")
    };
    let results = folder.join("results");
    fs::create_dir_all(&results).map_err(failed(&results))?;
    let date = process::output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let page_path = folder.join("RESULTS.md");
    for bench in benches {
        println!("\n==> {}", bench.name);
        let json = results.join(format!("{date}-{}.json", bench.name));
        let section = match bench.name {
            MICRO => micro::run(project, quick, &commit(project)?, &json)?,
            DOWNBEAT => run_downbeat(project, &target, bench, quick, &json)?,
            _ => run_bench(project, &target, bench, quick, &json)?,
        };
        println!("{section}");
        // After each: what was measured is kept, whatever becomes of the next.
        let page = read(&page_path)?;
        let page = with_section(&page, bench.name, &section);
        fs::write(&page_path, page).map_err(failed(&page_path))?;
    }
    println!("\nwritten: {}", page_path.display());
    Ok(())
}

fn choose(names: &[String]) -> Result<Vec<&'static Bench>, BenchError> {
    let known = || BENCHES.iter().map(|bench| bench.name);
    if let Some(found) = names
        .iter()
        .find(|name| !known().any(|known| known == *name))
    {
        return Err(BenchError::Unknown {
            found: found.clone(),
            known: known().collect::<Vec<_>>().join(", "),
        });
    }
    let is_chosen =
        |bench: &&Bench| names.is_empty() || names.iter().any(|name| name == bench.name);
    Ok(BENCHES.iter().filter(is_chosen).collect())
}

/// Builds the server and the benchmarks, and tells the folder that they are in.
fn build(project: &Project) -> Result<PathBuf, BenchError> {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--release",
        "-p",
        "downbeat",
        "-p",
        "downbeat-benches",
    ]);
    process::run(cargo.current_dir(&project.root))?;
    let target = project.tools.parent().unwrap_or(&project.tools);
    Ok(target.join("release"))
}

/// The benchmark's section of the page. Its progress goes to the terminal.
fn run_bench(
    project: &Project,
    release: &Path,
    bench: &Bench,
    quick: bool,
    json: &Path,
) -> Result<String, BenchError> {
    let mut command = Command::new(release.join(bench.name));
    // Relative where it can be: the command line is part of the page.
    command.arg("--json").arg(relative(project, json));
    if quick {
        command.args(bench.quick);
    }
    command.env("DOWNBEAT", release.join("downbeat"));
    Ok(process::output(command.current_dir(&project.root))?)
}

/// The section of `downbeat bench`, whose figures are README's too. Its report for the browser stays
/// in the target folder.
fn run_downbeat(
    project: &Project,
    release: &Path,
    bench: &Bench,
    quick: bool,
    json: &Path,
) -> Result<String, BenchError> {
    let out = project.tools.join("bench");
    let mut command = Command::new(release.join("downbeat"));
    command
        .arg(DOWNBEAT)
        .arg("--out")
        .arg(relative(project, &out));
    command.args(if quick { bench.quick } else { RUNS });
    command.env("DOWNBEAT_COMMIT", commit(project)?);
    let made = out.join("bench.json");
    // One of an earlier run must not be taken for one of this.
    let _ = fs::remove_file(&made);
    let ended = process::run(command.current_dir(&project.root));
    // A run that is not valid ends with a code of its own, and its figures say so.
    if !made.exists() {
        ended?;
    }
    fs::copy(&made, json).map_err(failed(&made))?;
    let text = read(json)?;
    if !quick {
        let path = project.root.join("README.md");
        let readme = bench_page::with_table(&read(&path)?, &bench_page::table(&text)?)?;
        fs::write(&path, readme).map_err(failed(&path))?;
    }
    Ok(bench_page::section(&text)?)
}

/// Twelve digits of it; `-dirty` if there were changes on top.
fn commit(project: &Project) -> Result<String, ProcessError> {
    let mut git = Command::new("git");
    git.args([
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
        "--abbrev=12",
    ]);
    process::output(git.current_dir(&project.root))
}

fn relative<'a>(project: &Project, path: &'a Path) -> &'a Path {
    path.strip_prefix(&project.root).unwrap_or(path)
}

/// The page with the section of this benchmark in place of its former one, in the order of
/// [`BENCHES`].
fn with_section(page: &str, name: &str, section: &str) -> String {
    let mut with = INTRODUCTION.to_owned();
    for bench in BENCHES {
        let section = if bench.name == name {
            Some(section)
        } else {
            find_section(page, bench.name)
        };
        if let Some(section) = section {
            with.push('\n');
            with.push_str(section.trim());
            with.push('\n');
        }
    }
    with
}

/// From its heading to the next of the same level, or the end.
fn find_section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = page.find(&format!("\n## {name}\n"))? + 1;
    let section = &page[start..];
    let end = section.find("\n## ").unwrap_or(section.len());
    Some(&section[..end])
}

/// A page that is not there yet is empty.
fn read(path: &Path) -> Result<String, BenchError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        page => page.map_err(failed(path)),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BenchError {
    let path = path.to_owned();
    |source| BenchError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_its_former_one() {
        let page = with_section("", "soak", "## soak\n\n1,000\n");
        let page = with_section(&page, "encode", "## encode\n\n### a\n");
        let page = with_section(&page, "soak", "## soak\n\n2,000\n");
        let expected = format!("{INTRODUCTION}\n## encode\n\n### a\n\n## soak\n\n2,000\n");
        assert_eq!(page, expected);
    }

    #[test]
    fn a_benchmark_that_is_none_is_named() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
            let benches = choose(&names);
            benches.map(|benches| benches.iter().map(|bench| bench.name).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&["soak", "bench"]).unwrap(), ["bench", "soak"]);
        assert_eq!(chosen(&[]).unwrap().len(), BENCHES.len());
        let error = chosen(&["knee"]).unwrap_err().to_string();
        assert!(
            error.contains("no benchmark `knee`: there are micro, "),
            "{error}"
        );
    }
}
