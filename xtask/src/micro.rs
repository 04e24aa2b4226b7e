//! `cargo bench`, and what Criterion found as a section of the page of results.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde_json::{Value, json};

use crate::process::{self, ProcessError};
use crate::project::Project;

/// What Criterion left cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MicroError {
    #[error("could not read or write {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{path} is not what Criterion 0.8 writes: {what}", path = path.display())]
    Unknown { path: PathBuf, what: String },
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// One benchmark: the median of its samples, and between what it lies with 95 % confidence.
#[derive(Debug, PartialEq)]
struct Estimate {
    name: String,
    median_ns: f64,
    low_ns: f64,
    high_ns: f64,
    /// Rows, messages, viewers: what the time is for.
    elements: Option<u64>,
}

/// Runs all, keeps the figures as JSON, and gives the section.
pub(crate) fn run(
    project: &Project,
    quick: bool,
    commit: &str,
    json: &Path,
) -> Result<String, MicroError> {
    let home = project.tools.join("criterion");
    if home.exists() {
        // Else what was renamed since would stand on the page for ever.
        fs::remove_dir_all(&home).map_err(failed(&home))?;
    }
    let mut bench = Command::new("cargo");
    bench.args(["bench", "--package", "downbeat-benches", "--benches", "--"]);
    bench.args(quick.then_some("--quick"));
    bench.arg("--noplot").env("CRITERION_HOME", &home);
    process::run(bench.current_dir(&project.root))?;
    let mut estimates = Vec::new();
    collect(&home, &mut estimates)?;
    estimates.sort_by(|a, b| a.name.cmp(&b.name));
    let machine = machine();
    let figures: Vec<Value> = estimates.iter().map(Estimate::to_json).collect();
    let kept = json!({ "machine": machine, "commit": commit, "figures": figures });
    fs::write(json, format!("{kept:#}\n")).map_err(failed(json))?;
    Ok(section(&estimates, &machine, commit))
}

/// Descends to the folders that are named `new`: those of the last run.
fn collect(folder: &Path, estimates: &mut Vec<Estimate>) -> Result<(), MicroError> {
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.file_name().is_some_and(|name| name == "new") {
            let (benchmark, found) = (
                read(&path.join("benchmark.json"))?,
                read(&path.join("estimates.json"))?,
            );
            let estimate = Estimate::parse(&benchmark, &found);
            let what = "no median of a benchmark with a name".to_owned();
            estimates.push(estimate.ok_or(MicroError::Unknown { path, what })?);
        } else if path.is_dir() {
            collect(&path, estimates)?;
        }
    }
    Ok(())
}

impl Estimate {
    fn parse(benchmark: &Value, estimates: &Value) -> Option<Self> {
        let median = &estimates["median"];
        let bounds = &median["confidence_interval"];
        Some(Self {
            name: benchmark["full_id"].as_str()?.to_owned(),
            median_ns: median["point_estimate"].as_f64()?,
            low_ns: bounds["lower_bound"].as_f64()?,
            high_ns: bounds["upper_bound"].as_f64()?,
            elements: benchmark["throughput"]["Elements"].as_u64(),
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "medianNs": self.median_ns,
            "lowNs": self.low_ns,
            "highNs": self.high_ns,
            "elements": self.elements,
        })
    }
}

fn section(estimates: &[Estimate], machine: &str, commit: &str) -> String {
    let mut page = format!(
        "## micro\n\nWhat does each part of a tick cost by itself? The questions stand in \
         `benches/benches/`.\n\n{machine} · commit {commit}\n\n    cargo bench -p downbeat-benches\n\n\
         | benchmark | median, ns | 95 % of it lies in | each element, ns |\n|---|---:|---:|---:|\n"
    );
    for estimate in estimates {
        let each = estimate.elements.map(|elements| elements as f64);
        let each = each.map_or(String::new(), |each| digits(estimate.median_ns / each));
        let (low, high) = (digits(estimate.low_ns), digits(estimate.high_ns));
        let median = digits(estimate.median_ns);
        let name = &estimate.name;
        let _ = writeln!(page, "| {name} | {median} | {low}–{high} | {each} |");
    }
    page
}

/// Three digits or more.
fn digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = cpuinfo.lines();
    let model = lines.find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores · Linux {}", kernel.trim())
}

fn read(path: &Path) -> Result<Value, MicroError> {
    let text = fs::read_to_string(path).map_err(failed(path))?;
    serde_json::from_str(&text).map_err(|error| MicroError::Unknown {
        path: path.to_owned(),
        what: error.to_string(),
    })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> MicroError {
    let path = path.to_owned();
    |source| MicroError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_criterion_writes_becomes_a_row() {
        let benchmark = json!({ "full_id": "fan_out/9", "throughput": { "Elements": 50 } });
        let median = json!({
            "confidence_interval": { "lower_bound": 990.0, "upper_bound": 1_020.4 },
            "point_estimate": 1_000.0,
        });
        let estimate = Estimate::parse(&benchmark, &json!({ "median": median })).unwrap();
        let page = section(&[estimate], "A machine", "abc");
        assert!(
            page.ends_with("| fan_out/9 | 1000 | 990–1020 | 20.0 |\n"),
            "{page}"
        );
        assert_eq!(Estimate::parse(&json!({}), &json!({})), None);
    }
}
