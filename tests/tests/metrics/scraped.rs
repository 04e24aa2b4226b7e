//! A real Prometheus scrapes a real server under load.
//!
//! `cargo xtask test` installs it and says where it is. Without it cargo counts these tests as
//! ignored.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use downbeat_tests::patience::eventually;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests::prometheus::{self, Prometheus};
use downbeat_tests_redis::Standalone;

use super::dashboard::{Query, dashboard, queries};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

/// A node of this Redis. Its lease is long: nothing freezes because this machine stood still.
fn start_with(redis: &Standalone) -> ServerProcess {
    let url = format!("redis://{}", redis.address());
    let variables = [("REDIS_URL", &*url), ("DOWNBEAT_LEASE_MS", "60000")];
    ServerProcess::start_with(BINARY, &["--shards", "1"], &variables)
}

/// Clients that play until the test is over.
fn load(server: &ServerProcess) -> Process {
    let mut load = Command::new(BINARY);
    load.args(["load", "--url", &format!("http://{}", server.address)]);
    load.args(["--clients", "40", "--seconds", "3600"]);
    load.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process::start(&mut load)
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "SKIPPED: needs Prometheus, run `cargo xtask test`"
)]
fn every_query_of_the_dashboard_has_an_answer() {
    let redis = Standalone::start();
    let server = start_with(&redis);
    let _load = load(&server);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scraped");
    let prometheus = Prometheus::start(folder, server.address);
    eventually("the load is seen", || {
        prometheus.query("sum(downbeat_clients)") == [40.0]
    });
    let queries = queries(&dashboard());
    assert!(queries.len() > 80, "{} queries", queries.len());
    for Query { panel, expression } in queries {
        // A rate needs two scrapes, a quantile something that happened between them.
        eventually(&format!("{panel}: {expression}"), || {
            let values = prometheus.query(&expression);
            values.iter().any(|value| value.is_finite())
        });
    }
    let heat = "sum by (le) (increase(downbeat_tick_completion_lateness_seconds_bucket[1m]))";
    assert!(
        prometheus.query(heat).len() > 20,
        "the heat map has its rows"
    );
    assert!(prometheus.query("sum(rate(downbeat_ticks_total[1m]))")[0] > 0.0);
    check_alerts(&prometheus);
}

fn check_alerts(prometheus: &Prometheus) {
    eventually("all rules were evaluated", || {
        let rules = prometheus.rules();
        rules.iter().all(|(_, health)| health != "unknown")
    });
    let rules = prometheus.rules();
    assert!(rules.len() >= 17, "{rules:?}");
    for (name, health) in rules {
        assert_eq!(health, "ok", "{name}");
    }
    assert_eq!(
        prometheus.query("ALERTS{alertname=\"DownbeatDown\"}"),
        [0.0; 0]
    );
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "SKIPPED: needs Prometheus, run `cargo xtask test`"
)]
fn promtool_finds_no_fault() {
    for args in [
        ["check", "config", "prometheus.yml"].as_slice(),
        &["check", "rules", "alerts.yml"],
        &["test", "rules", "alerts.test.yml"],
    ] {
        let mut promtool = Command::new(prometheus::program("promtool"));
        promtool
            .args(args)
            .current_dir(format!("{}/prometheus", prometheus::DEPLOY));
        let output = Process::run(&mut promtool);
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}{complained}");
    }
}

#[test]
#[cfg_attr(
    not(prometheus),
    ignore = "SKIPPED: needs Prometheus, run `cargo xtask test`"
)]
fn promtool_finds_no_fault_with_the_page() {
    let redis = Standalone::start();
    let server = start_with(&redis);
    let page = downbeat_tests::http::HttpClient::connect(server.address).get("/metrics");
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page.prom");
    std::fs::write(&file, page.body).unwrap();
    let mut promtool = Command::new("sh");
    promtool.args(["-c", "\"$1\" check metrics < \"$2\"", "sh"]);
    promtool.arg(prometheus::program("promtool")).arg(&file);
    let output = Process::run(&mut promtool);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn each_alert_has_a_test_in_which_it_fires() {
    let tests = prometheus::read("prometheus/alerts.test.yml");
    let alerts = prometheus::read("prometheus/alerts.yml");
    let named = |text: &str, key: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix(key));
        lines.map(|name| name.trim().to_owned()).collect()
    };
    let (alerts, tested) = (named(&alerts, "- alert:"), named(&tests, "- alertname:"));
    assert_eq!(alerts, tested);
    assert_eq!(tests.matches("- exp_labels:").count(), alerts.len());
}
