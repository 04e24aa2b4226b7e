//! The other things that a benchmark can be asked for.

use downbeat_tests::server::TestServer;

use crate::Bench;
use crate::fields::{assert_complete, assert_documented};

#[test]
fn an_injected_stall_shows_in_every_meter() {
    let bench = Bench::run("self-test", &["--self-test", "--json"]);
    let report = bench.json();
    let test = &report["self_test"];
    let stall_ms = test["stall_ms"].as_f64().unwrap();
    assert!(stall_ms >= 200.0, "{test}");
    let meters = test["meters"].as_array().unwrap();
    assert_eq!(meters.len(), 4);
    for meter in meters {
        // What else holds up this machine makes it longer, never shorter.
        let shows_ms = meter["shows_ms"].as_f64().unwrap();
        assert!(shows_ms >= 0.9 * stall_ms, "{meter} of {stall_ms} ms");
    }
    let is_right = meters.iter().all(|meter| meter["is_right"] == true);
    assert_eq!(test["is_passed"], is_right);
    assert_eq!(bench.output.status.code(), Some(i32::from(!is_right)));
    assert_documented(&report);
    assert_complete(&report, "self_test.");
}

#[test]
fn rooms_run_without_sockets() {
    let bench = Bench::run(
        "in-process",
        &["--in-process", "--quick", "--clients", "100", "--json"],
    );
    let report = bench.json();
    let runs = report["in_process"]["runs"].as_array().unwrap();
    assert!(!runs.is_empty());
    for run in runs {
        let shards = run["shards"].as_u64().unwrap();
        assert_eq!(run["rooms"], 2 * shards);
        assert!(run["ticks"]["ticks"].as_u64().unwrap() > 0, "{run}");
    }
    assert_documented(&report);
    let has_two = report["in_process"]["comparison"].is_object();
    assert_eq!(has_two, runs.len() == 2);
    if has_two {
        assert_complete(&report, "in_process.");
    }
}

#[test]
fn a_capacity_is_one_that_was_tried() {
    let bench = Bench::run("capacity", &["--capacity", "--quick", "--json"]);
    let report = bench.json();
    let capacity = &report["capacity"];
    let players = capacity["players_per_core"].as_u64().unwrap();
    let steps = capacity["steps"].as_array().unwrap();
    let held = steps
        .iter()
        .filter(|step| step["is_punctual"] == true && step["verdict"] == "valid");
    let most = held
        .filter_map(|step| step["players_per_core"].as_u64())
        .max();
    assert_eq!(players, most.unwrap_or(0), "{capacity}");
    assert_documented(&report);
    assert_complete(&report, "capacity.");
}

#[test]
fn somebodys_server_is_measured_as_far_as_it_can_be_seen() {
    let server = TestServer::new();
    let url = format!("http://{}", server.address());
    let args = [
        "--game-addr",
        &url,
        "--room",
        "arena",
        "--clients",
        "8",
        "--quick",
        "--json",
    ];
    let bench = Bench::run("game", &args);
    let report = bench.json();
    let run = &report["scenarios"][0]["runs"][0];
    assert_eq!(run["parties"][0]["clients"]["wanted"], 8);
    assert!(
        run["ticks"]["arena"]["ticks"].as_u64().unwrap() > 0,
        "{run}"
    );
    assert!(run["cpu"].is_null() && run["memory"].is_null());
    let missing = run["missing"].as_array().unwrap();
    assert!(
        missing
            .iter()
            .any(|text| text.as_str().unwrap().contains("--server-pid"))
    );
    assert_documented(&report);
}

#[test]
fn what_cannot_be_measured_is_said_with_its_remedy() {
    for (args, word) in [
        (&["--shards", "4000"][..], "lower --shards"),
        (&["--cpus", "4095"], "core 4095"),
        (
            &["--game-addr", "http://127.0.0.1:1", "--room", "a"],
            "is the server running",
        ),
        (
            &["--game-addr", "https://a", "--room", "a"],
            "expected http://",
        ),
    ] {
        let bench = Bench::run("refused", args);
        let said = String::from_utf8_lossy(&bench.output.stderr);
        assert_eq!(bench.output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains(word), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
}
