//! Nodes of one Redis, as who operates them sees them: health, figures, `downbeat cluster status`.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::process::Process;
use downbeat_tests::server::{TestServer, cluster_config};
use downbeat_tests_redis::{Server, Standalone, shared};
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

fn url(redis: &Server) -> String {
    format!("redis://{}", redis.address())
}

fn health(server: &TestServer) -> (u16, Value) {
    let answer = server.http().get("/health");
    (answer.status, answer.json())
}

/// Runs `downbeat cluster status` with no variables of Redis but these.
fn status(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["cluster", "status"]).args(args);
    command
        .env_remove("REDIS_URL")
        .envs(variables.iter().copied());
    Process::run(&mut command)
}

fn status_json(url: &str) -> Value {
    let output = status(&["--json"], &[("REDIS_URL", url)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_node_on_its_own_is_healthy_without_a_cluster() {
    let (status, body) = health(&TestServer::new());
    assert_eq!((status, &body["status"]), (200, &json!("ok")));
    assert_eq!(body.get("cluster"), None);
}

#[test]
fn a_node_is_ready_only_while_it_holds_its_lease() {
    let redis = Standalone::start();
    let mut config = cluster_config(&url(&redis));
    config.lease = Some(Duration::from_secs(3));
    let server = TestServer::with(|server| server.cluster(config));
    eventually("it is ready, and has looked at Redis", || {
        let (status, body) = health(&server);
        let cluster = &body["cluster"];
        let is_well = cluster["leaseHeld"] == true
            && cluster["marginMs"].as_u64() > Some(0)
            && cluster["incarnation"].as_u64() > Some(0);
        let sees_all = cluster["nodesAlive"] == 1
            && cluster["redisServers"] == 1
            && cluster["redisServersConnected"] == 1;
        status == 200 && is_well && sees_all
    });
    redis.pause();
    eventually("it is not ready", || {
        let (status, body) = health(&server);
        let cluster = &body["cluster"];
        let is_shut = cluster["leaseHeld"] == false && cluster["marginMs"] == 0;
        status == 503 && is_shut && body["status"].as_str().unwrap().contains("frozen")
    });
    server.wait_for_metrics("the freeze is counted", |metrics| {
        metrics.sum("downbeat_lease_freezes_total", &[]) >= 1.0
            && metrics.sum("downbeat_lease_held", &[]) == 0.0
    });
    redis.resume();
    eventually("it is ready again", || health(&server).0 == 200);
    server.wait_for_metrics("the thaw is counted", |metrics| {
        metrics.sum("downbeat_lease_thaws_total", &[]) >= 1.0
            && metrics.sum("downbeat_lease_held", &[]) == 1.0
    });
}

#[test]
fn a_client_at_an_edge_is_counted_at_both_nodes() {
    let redis = Standalone::start();
    let [owner, edge] = [(); 2].map(|()| TestServer::with_redis(&url(&redis)));
    let host = Player::create(&owner, "probe", &json!({}));
    eventually("the edge knows the room", || {
        edge.listing(&host.seat.room_id).is_some()
    });
    let guest = host.join_room_of(&edge);
    edge.wait_for_metrics("the edge counts its client", |metrics| {
        metrics.sum("downbeat_edge_clients", &[]) == 1.0
            && metrics.sum("downbeat_edge_rooms", &[]) == 1.0
            && metrics.sum("downbeat_edge_letters_total", &[]) > 0.0
    });
    owner.wait_for_metrics("the owner counts it too", |metrics| {
        metrics.sum("downbeat_relayed_clients", &[]) == 1.0
            && metrics.sum("downbeat_relay_frames_total", &[]) > 0.0
            && metrics.sum("downbeat_members", &[("state", "up")]) == 2.0
            && metrics.sum("downbeat_post_delivered_total", &[]) > 0.0
    });
    let address = redis.address().to_string();
    let metrics = owner.metrics();
    let of_redis = |name| metrics.sum(name, &[("node", &address)]);
    assert_eq!(of_redis("downbeat_redis_connected"), 1.0);
    assert_eq!(of_redis("downbeat_redis_is_master"), 1.0);
    assert!(of_redis("downbeat_redis_used_memory_bytes") > 0.0);
    assert!(metrics.sum("downbeat_redis_round_trip_seconds_count", &[]) > 0.0);
    drop(guest);
}

#[test]
fn the_status_shows_nodes_leases_rooms_and_servers_also_when_all_nodes_have_left() {
    let redis = Standalone::start();
    let url = url(&redis);
    let servers = [(); 2].map(|()| TestServer::with_redis(&url));
    let _player = Player::create(&servers[0], "probe", &json!({}));
    let mut seen = Value::Null;
    eventually("the room and its client are seen", || {
        seen = status_json(&url);
        let has_loads = |node: &Value| node["shards"][0]["rooms"].is_u64();
        let nodes = seen["nodes"].as_array().unwrap();
        seen["rooms"] == json!([{ "name": "probe", "rooms": 1, "clients": 1 }])
            && nodes.iter().all(has_loads)
    });
    assert_eq!(seen["problems"], json!([]));
    let nodes = seen["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    for server in &servers {
        let node = nodes
            .iter()
            .find(|node| node["node"] == server.id())
            .unwrap();
        assert_eq!(node["state"], "up");
        assert_eq!(node["address"], server.address().to_string());
    }
    let [copy] = &seen["leases"].as_array().unwrap()[..] else {
        panic!("one Redis has one copy: {seen}");
    };
    let address = redis.address().to_string();
    assert_eq!(copy["master"], address);
    assert!(copy["entries"][0]["endsInMs"].as_f64() > Some(0.0));
    assert_eq!(seen["redis"][0]["server"], address);
    assert_eq!(seen["redis"][0]["role"], "master");

    let output = status(&[], &[("REDIS_URL", &url)]);
    let table = String::from_utf8(output.stdout).unwrap();
    for words in [
        "NODES",
        "LEASES",
        "ROOMS",
        "REDIS",
        &servers[0].id(),
        "probe",
        &address,
    ] {
        assert!(table.contains(words), "`{words}` is not in:\n{table}");
    }
    drop(servers);
    eventually("no node is up", || {
        let seen = status_json(&url);
        let mut nodes = seen["nodes"].as_array().unwrap().iter();
        nodes.all(|node| node["state"] != "up")
    });
}

#[test]
fn the_status_of_a_redis_cluster_has_three_copies_and_six_servers() {
    let cluster = shared::together();
    let urls: Vec<String> = cluster.servers()[..2].iter().map(url).collect();
    let seen = status_json(&urls.join(","));
    assert_eq!(seen["problems"], json!([]));
    assert_eq!(seen["leases"].as_array().unwrap().len(), 3);
    let roles = seen["redis"].as_array().unwrap().iter();
    let roles: Vec<&Value> = roles.map(|server| &server["role"]).collect();
    let masters = roles.iter().filter(|role| **role == "master").count();
    assert_eq!((masters, roles.len()), (3, 6));
}

#[test]
fn a_status_that_cannot_be_had_says_what_to_do() {
    let check = |variables: &[(&str, &str)], words: &[&str]| {
        let output = status(&[], variables);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
    };
    check(&[], &["REDIS_URL", "REDIS_SENTINEL_HOSTS"]);
    check(&[("REDIS_URL", "nowhere")], &["REDIS_URL"]);
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = format!("redis://{free}");
    check(&[("REDIS_URL", &nobody)], &[&free.to_string(), "reached"]);
}

#[test]
fn a_signal_ends_a_start_that_waits_for_redis() {
    for signal in [Signal::TERM, Signal::INT] {
        // It takes connections and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", silent.local_addr().unwrap());
        let mut command = Command::new(BINARY);
        command.args(["serve", "--shards", "1", "--listen", "127.0.0.1:0"]);
        command.env_remove("PORT").env("REDIS_URL", url);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let mut server = Process::start(&mut command);
        let _connection = silent.accept().unwrap();
        server.signal(signal);
        // Not with the word that no Redis can be reached, which would come by itself.
        assert_eq!(server.wait().signal(), Some(signal.as_raw()));
    }
}
