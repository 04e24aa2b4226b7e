//! However a benchmark ends, its server ends with it.

use std::fs;
use std::process::{Command, Stdio};

use downbeat_tests::patience::eventually;
use downbeat_tests::process::Process;
use rustix::process::Signal;

use crate::{command, folder};

/// The server that `parent` has started, once there is one.
fn server_of(parent: u32) -> u32 {
    let mut found = None;
    eventually("the benchmark starts a server", || {
        found = children_of(parent).into_iter().find(|pid| is_server(*pid));
        found.is_some()
    });
    found.unwrap()
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(1)?.parse().ok()
}

fn is_server(pid: u32) -> bool {
    let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    words.contains("--for-bench")
}

/// A benchmark that would go on for a while, and its server.
fn start(name: &str) -> (Process, u32) {
    let mut command: Command = command(&folder(name));
    command.args(["arena", "--clients", "20", "--seconds", "600"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let bench = Process::start(&mut command);
    let server = server_of(bench.id());
    (bench, server)
}

#[test]
fn a_benchmark_that_is_killed_leaves_no_server() {
    let (bench, server) = start("killed");
    bench.signal(Signal::KILL);
    eventually("its server is gone", || !is_server(server));
}

#[test]
fn ctrl_c_ends_a_benchmark_with_the_report_so_far() {
    let (mut bench, server) = start("interrupted");
    bench.signal(Signal::INT);
    assert_eq!(bench.wait().code(), Some(1));
    assert!(!is_server(server));
    let folder = folder("interrupted");
    let report = fs::read_to_string(folder.join("bench.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["is_cut_short"], true);
    fs::remove_dir_all(folder).unwrap();
}
