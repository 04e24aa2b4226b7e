//! A whole benchmark, as small as it can be.

use serde_json::Value;

use crate::Bench;
use crate::fields::{assert_complete, assert_documented};

const SCENARIOS: [&str; 6] = ["arena", "world", "idle", "burst", "hot", "churn"];

#[test]
fn a_quick_benchmark_runs_all_scenarios_and_leaves_all_files() {
    let bench = Bench::run("quick", &["--quick", "--json"]);
    let report = bench.json();
    let scenarios = report["scenarios"].as_array().unwrap();
    let names: Vec<_> = scenarios
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, SCENARIOS);
    for scenario in scenarios {
        check_run(&scenario["runs"][0]);
    }
    let floors = report["floors"].as_array().unwrap();
    assert_eq!(floors.len(), 2);
    assert!(
        floors
            .iter()
            .all(|floor| floor["lateness_ms"]["samples"] == 500)
    );
    assert_documented(&report);
    assert_complete(&report, "scenarios[]");
    assert_complete(&report, "floors[]");
    check_files(&bench, &report);
}

/// Whatever the machine is doing, clients came, rooms ticked, and all was counted.
fn check_run(run: &Value) {
    let ticks = run["ticks"].as_object().unwrap();
    assert!(!ticks.is_empty(), "{run}");
    for ticks in ticks.values() {
        let count = ticks["ticks"].as_u64().unwrap();
        assert!(count > 0, "{run}");
        for name in ["start_lateness_ms", "duration_ms", "completion_lateness_ms"] {
            assert_eq!(ticks[name]["samples"], count, "{name}");
        }
    }
    for party in run["parties"].as_array().unwrap() {
        let clients = &party["clients"];
        assert!(clients["wanted"].as_u64() >= clients["joined"].as_u64());
        assert_eq!(
            party["join_ms"]["samples"].as_u64().unwrap() > 0,
            clients["joined"] != 0
        );
    }
}

fn check_files(bench: &Bench, report: &Value) {
    let kept: Value = serde_json::from_str(&bench.file("bench.json")).unwrap();
    assert_eq!(&kept, report);
    let page = bench.file("report.html");
    for name in SCENARIOS {
        assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.matches("class=\"line\"").count() > 2 * SCENARIOS.len());
    for outside in ["<script", "<link", "http://", "https://", "@import", "url("] {
        assert!(
            !page.contains(outside),
            "the page needs nothing from outside: {outside}"
        );
    }
    let percentiles = bench.file("arena/arena-completion-lateness.hgrm");
    assert!(percentiles.contains("1/(1-Percentile)") && percentiles.contains("#[Max"));
    for log in [
        "completion-lateness-arena",
        "input-to-state",
        "patch-inter-arrival",
    ] {
        let log = bench.file(&format!("arena/run-1-{log}.hlog"));
        let intervals = log.lines().filter(|line| line.starts_with("Tag="));
        assert!(intervals.count() >= 1, "{log}");
    }
}

#[test]
fn one_scenario_can_be_asked_for() {
    let bench = Bench::run(
        "one",
        &["idle", "--quick", "--clients", "40", "--runs", "2"],
    );
    let table = String::from_utf8(bench.output.stdout.clone()).unwrap();
    for expected in [
        "idle 1/2",
        "idle 2/2",
        "10 empty rooms",
        "KiB per room",
        "of 40 clients",
    ] {
        assert!(table.contains(expected), "`{expected}` is not in:\n{table}");
    }
    assert!(
        !table.contains("arena  ") && !table.contains('\u{1b}'),
        "{table}"
    );
}
