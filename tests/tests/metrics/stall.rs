//! A stall that is made on purpose shows in every meter of the server, as long as it was.

use std::time::Duration;

use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::server::TestServer;
use serde_json::{Value, json};

const STALL: Duration = Duration::from_millis(200);

/// What the histograms say of the probe rooms.
fn histograms(server: &TestServer) -> Value {
    let all = server.http().get("/metrics/histograms").json();
    let mut rooms = all.as_array().unwrap().iter();
    rooms
        .find(|ticks| ticks["room"] == "probe")
        .unwrap()
        .clone()
}

fn seconds(ns: &Value) -> f64 {
    ns.as_f64().unwrap() / 1e9
}

#[test]
fn the_meters_agree_on_a_stall() {
    let server = TestServer::new();
    let mut player = Player::create(&server, "probe", &json!({}));
    let ms = u64::try_from(STALL.as_millis()).unwrap();
    player.apply(&ProbeInput::Stall { ms });
    let labels = [("room", "probe")];
    let longest = "downbeat_tick_completion_lateness_max_seconds";
    server.wait_for_metrics("the stall is told", |metrics| {
        metrics.sum(longest, &labels) >= STALL.as_secs_f64()
    });
    // From here on nothing is as long, unless this machine stands still: both pages would say so.
    let (metrics, histograms) = (server.metrics(), histograms(&server));
    let histogram = &histograms["completionLateness"];
    let exact = seconds(&histogram["maxNs"]);
    let gauge = metrics.sum(longest, &labels);
    assert!(exact >= STALL.as_secs_f64(), "{exact}");
    assert!(
        gauge <= exact && gauge >= STALL.as_secs_f64(),
        "{gauge}, {exact}"
    );
    // At most one tick is in a bucket that the stall is not in: the tick of the stall.
    let name = "downbeat_tick_duration_seconds";
    let below = metrics.sum(
        &format!("{name}_bucket"),
        &[("room", "probe"), ("le", "0.15")],
    );
    let all = metrics.sum(&format!("{name}_count"), &labels);
    assert!(all - below >= 1.0, "{below} of {all}");
    let sum = metrics.sum(&format!("{name}_sum"), &labels);
    assert!(sum >= STALL.as_secs_f64(), "{sum}");
}

#[test]
fn histograms_are_those_of_the_page() {
    let server = TestServer::new();
    let player = Player::create(&server, "probe", &json!({}));
    player.leave();
    // No room, no ticks: the two pages cannot differ by what happened between them.
    server.wait_for_metrics("the room has ended", |metrics| {
        let labels = [("room", "probe")];
        metrics.sum("downbeat_leaves_total", &labels) == 1.0
            && metrics.sum("downbeat_rooms", &labels) == 0.0
    });
    let (metrics, histograms) = (server.metrics(), histograms(&server));
    for (name, key) in [
        ("downbeat_tick_lateness_seconds", "lateness"),
        ("downbeat_tick_duration_seconds", "duration"),
        (
            "downbeat_tick_completion_lateness_seconds",
            "completionLateness",
        ),
    ] {
        let (labels, histogram) = ([("room", "probe")], &histograms[key]);
        let count = metrics.sum(&format!("{name}_count"), &labels);
        assert!(count > 0.0 && histogram["count"] == count as u64, "{name}");
        let sum = metrics.sum(&format!("{name}_sum"), &labels);
        assert!((sum - seconds(&histogram["sumNs"])).abs() < 1e-6, "{name}");
        let mut rebuilt = (0.0, 0);
        for pair in histogram["counts"].as_array().unwrap() {
            let times = pair[1].as_u64().unwrap();
            rebuilt.0 += seconds(&pair[0]) * times as f64;
            rebuilt.1 += times;
        }
        assert_eq!(rebuilt.1, count as u64, "{name}");
        // Values are kept within one percent, those below a microsecond as one.
        let error = 0.01 * sum + 1e-6 * count;
        assert!(
            (rebuilt.0 - sum).abs() <= error,
            "{name}: {} {sum}",
            rebuilt.0
        );
    }
    assert_eq!(histograms["tickHz"], 50);
}
