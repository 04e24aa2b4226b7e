//! Where, when, of what and how figures were taken: what stands beside each table.

use std::env;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// The circumstances of a run. What cannot be found out is `unknown`: no benchmark fails for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Model name of the processor.
    pub cpu: String,
    /// Cores that the kernel runs.
    pub cores: usize,
    /// Kernel name and release.
    pub kernel: String,
    /// Commit of the working tree; `-dirty` if there were changes on top.
    pub commit: String,
    /// Universal time at the start of the run.
    pub date: String,
    /// The command line that does the same again.
    pub command: String,
}

impl Machine {
    /// The machine that this runs on.
    pub fn here() -> Self {
        Self {
            cpu: cpu_model().unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: said(&["uname", "-sr"]).unwrap_or_else(unknown),
            commit: commit().unwrap_or_else(unknown),
            date: said(&["date", "-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(unknown),
            command: command(env::args()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} · {}, {} cores · {} · commit {}\n\n    {}",
            self.date, self.cpu, self.cores, self.kernel, self.commit, self.command
        )
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn cpu_model() -> Option<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = cpus.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn commit() -> Option<String> {
    let commit = said(&["git", "rev-parse", "--short=12", "HEAD"])?;
    let changes = said(&[
        "git",
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ":/",
        // The results of the benchmark before this one are no change of what is measured.
        ":(top,exclude)benches/RESULTS.md",
        ":(top,exclude)benches/results",
    ])?;
    let dirty = if changes.is_empty() { "" } else { "-dirty" };
    Some(commit + dirty)
}

/// The program's own name stands for its path, which says nothing on another machine.
fn command(mut arguments: impl Iterator<Item = String>) -> String {
    let program = arguments.next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default();
    let mut command = format!(
        "cargo run --release -p downbeat-benches --bin {} --",
        program.display()
    );
    for argument in arguments {
        command.push(' ');
        command.push_str(&argument);
    }
    command
}

fn said(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
