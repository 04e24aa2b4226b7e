//! `downbeat bench` from outside: what it runs, writes and says. No figure is judged here, for it is
//! the machine's: only that it is there.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

mod fields;
mod modes;
mod orphan;
mod quick;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use downbeat_tests::process::Process;
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

/// A benchmark that has ended, and its folder, which goes with it.
struct Bench {
    folder: PathBuf,
    output: Output,
}

impl Bench {
    fn run(name: &str, args: &[&str]) -> Self {
        let folder = folder(name);
        let output = Process::run(command(&folder).args(args));
        Self { folder, output }
    }

    /// What it wrote to its output, where `--json` was asked for.
    fn json(&self) -> Value {
        let said = String::from_utf8_lossy(&self.output.stderr);
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    fn file(&self, name: &str) -> String {
        let path = self.folder.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn folder(name: &str) -> PathBuf {
    let name = format!("downbeat-bench-{}-{name}", std::process::id());
    std::env::temp_dir().join(name)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("bench").arg("--out").arg(folder);
    command
}
