//! Figures count what they say.

use downbeat_tests::metrics::Metrics;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use downbeat_tests::websocket::WebSocket;
use serde_json::{Value, json};

fn of_probe(metrics: &Metrics, name: &str) -> f64 {
    metrics.sum(name, &[("room", "probe")])
}

#[test]
fn clients_are_counted_on_their_ways() {
    let server = TestServer::new();
    let options = json!({ "hold_ms": 600_000 });
    let host = Player::create(&server, "probe", &options);
    let guest = host.join_room_of(&server);
    let mut lost = host.join_room_of(&server);
    lost.socket.drop_connection();
    let mut back = lost.come_back(&server);
    back.apply(&ProbeInput::Add { by: 1 });
    guest.leave();
    server.wait_for_metrics("two are there, one has left", |metrics| {
        of_probe(metrics, "downbeat_clients") == 2.0
            && of_probe(metrics, "downbeat_leaves_total") == 1.0
    });
    let metrics = server.metrics();
    for (name, expected) in [
        ("downbeat_rooms", 1.0),
        ("downbeat_rooms_created_total", 1.0),
        ("downbeat_joins_total", 3.0),
        ("downbeat_reconnections_total", 1.0),
        ("downbeat_inputs_total", 1.0),
        ("downbeat_panics_total", 0.0),
        ("colyseus_room_count", 1.0),
        ("colyseus_room_clients", 2.0),
    ] {
        assert_eq!(of_probe(&metrics, name), expected, "{name}");
    }
    assert!(of_probe(&metrics, "downbeat_ticks_total") > 0.0);
    assert!(of_probe(&metrics, "downbeat_patch_bytes_count") >= 4.0);
    let period = of_probe(&metrics, "downbeat_tick_period_seconds");
    assert_eq!(period, 0.02, "it ticks at 50 Hz");
}

#[test]
fn who_is_refused_is_counted_by_code() {
    let server = TestServer::new();
    let ask = |method: &str, target: &str, options: Value| {
        seat::ask(server.address(), method, target, &options).unwrap_err();
    };
    ask("join", "nothing", json!({}));
    ask("join", "probe", json!({}));
    ask("create", "probe", json!({ "refuse_create": "no" }));
    ask("create", "arena", json!([]));
    let host = Player::create(&server, "probe", &json!({}));
    let path = format!("/{}/{}", host.seat.process_id, host.seat.room_id);
    for path in ["/", &path] {
        WebSocket::open(server.address(), path).read_to_close();
    }
    let options = json!({ "refuse_join": "no" });
    let seat = seat::ask(server.address(), "joinById", &host.seat.room_id, &options).unwrap();
    WebSocket::open(server.address(), &seat.path()).read_to_close();
    let codes = ["520", "521", "523", "400", "4522", "4524", "4526"];
    let rejects =
        |metrics: &Metrics, code| metrics.sum("downbeat_rejects_total", &[("code", code)]);
    server.wait_for_metrics("the last one is counted", |metrics| {
        rejects(metrics, "4526") > 0.0
    });
    let metrics = server.metrics();
    for code in codes {
        assert_eq!(rejects(&metrics, code), 1.0, "{code}");
    }
    assert_eq!(
        metrics.sum("downbeat_rejects_total", &[]),
        codes.len() as f64
    );
}

#[test]
fn every_limit_is_there_before_it_is_hit() {
    let server = TestServer::with_limits(|limits| limits.rooms_max = 1);
    let _player = Player::create(&server, "probe", &json!({}));
    seat::ask(server.address(), "create", "probe", &json!({})).unwrap_err();
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("rooms_max") == 1.0
    });
    let page = server.http().get("/metrics").text();
    for limit in downbeat::limits::Limits::ALL {
        let sample = format!("downbeat_limit_hits_total{{limit=\"{}\"}} ", limit.name);
        assert!(page.contains(&sample), "{sample}");
    }
}

#[test]
fn a_panic_is_counted_and_the_shard_goes_on() {
    let server = TestServer::new();
    let mut victim = Player::create(&server, "probe", &json!({}));
    let message = "as it was told".to_owned();
    victim.input(&ProbeInput::Panic { message });
    victim.read_to_close();
    server.wait_for_metrics("the panic is counted", |metrics| {
        of_probe(metrics, "downbeat_panics_total") == 1.0
            && of_probe(metrics, "downbeat_rooms") == 0.0
    });
}

#[test]
fn bytes_and_messages_go_both_ways() {
    let server = TestServer::new();
    let mut player = Player::create(&server, "probe", &json!({}));
    for _ in 0..10 {
        player.apply(&ProbeInput::Add { by: 1 });
    }
    server.wait_for_metrics("ten messages came", |metrics| {
        metrics.sum("downbeat_received_messages_total", &[]) == 10.0
    });
    let metrics = server.metrics();
    let sent = metrics.sum("downbeat_sent_messages_total", &[]);
    assert!(
        sent >= 11.0,
        "a Welcome, and a patch for each input: {sent}"
    );
    let patches = of_probe(&metrics, "downbeat_patch_bytes_sum");
    assert!(metrics.sum("downbeat_sent_bytes_total", &[]) > patches);
    assert!(metrics.sum("downbeat_received_bytes_total", &[]) > 200.0);
    let busy = metrics.sum("downbeat_shard_busy_seconds_total", &[("shard", "0")]);
    let cpu = metrics.sum("downbeat_shard_cpu_seconds_total", &[("shard", "0")]);
    assert!(busy > 0.0 && cpu > 0.0, "{busy} {cpu}");
    let process = metrics.sum("process_cpu_seconds_total", &[]);
    assert!(process >= 0.0 && metrics.sum("process_resident_memory_bytes", &[]) > 1e6);
}

#[test]
fn without_metrics_there_is_no_page() {
    let server = TestServer::with(|server| server.without_metrics());
    let _player = Player::create(&server, "probe", &json!({}));
    for path in ["/metrics", "/metrics/histograms"] {
        assert_eq!(server.http().get(path).status, 404, "{path}");
    }
}
