//! Real load balancers without stickiness in front of three nodes, and the client for Node.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;

use downbeat_tests::balancer::{Balancer, free_address};
use downbeat_tests::cluster::{TestCluster, variables};
use downbeat_tests::http::HttpClient;
use downbeat_tests::metrics::Metrics;
use downbeat_tests::patience::eventually;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests_redis::shared;

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
#[cfg_attr(
    not(all(nginx, sdk)),
    ignore = "SKIPPED: needs nginx and the client for Node, run `cargo xtask test`"
)]
fn clients_play_through_nginx_with_round_robin() {
    check(|nodes| Balancer::nginx(FOLDER, nodes));
}

#[test]
#[cfg_attr(
    not(all(haproxy, sdk)),
    ignore = "SKIPPED: needs HAProxy and the client for Node, run `cargo xtask test`"
)]
fn clients_play_through_haproxy_with_least_connections() {
    check(|nodes| Balancer::haproxy(FOLDER, nodes));
}

#[test]
#[cfg_attr(
    not(all(nginx, sdk)),
    ignore = "SKIPPED: needs nginx and the client for Node, run `cargo xtask test`"
)]
fn clients_go_past_the_balancer_if_a_node_says_where_it_is() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        let address = free_address();
        server.listen(address).public_address(address.to_string())
    });
    let nodes = [0, 1, 2].map(|number| cluster.node(number).address());
    let balancer = Balancer::nginx(FOLDER, nodes);
    let went = play(balancer.address());
    assert_eq!(went.len(), 1, "all to the node of their room: {went:?}");
    assert!(nodes.iter().any(|node| went.contains(&node.to_string())));
}

#[test]
#[cfg_attr(
    not(all(nginx, sdk)),
    ignore = "SKIPPED: needs nginx and the client for Node, run `cargo xtask test`"
)]
fn clients_go_by_the_balancer_if_nobody_answers_where_a_node_says_it_is() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        server.public_address(free_address().to_string())
    });
    let nodes = [0, 1, 2].map(|number| cluster.node(number).address());
    let balancer = Balancer::nginx(FOLDER, nodes);
    let went = play(balancer.address());
    assert_eq!(went, BTreeSet::from([balancer.address().to_string()]));
}

/// Clients play through a balancer in front of three processes.
fn check(start: impl Fn([SocketAddr; 3]) -> Balancer) {
    let redis = shared::together();
    let variables = variables(&redis);
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let start_node = |cpu: &str| ServerProcess::start_with(BINARY, &["--cpus", cpu], &variables);
    let last = match std::thread::available_parallelism() {
        Ok(cores) if cores.get() > 1 => "1",
        _ => "0",
    };
    let nodes = ["0", last, "0"].map(start_node);
    let balancer = start(nodes.each_ref().map(|node| node.address));
    wait_for_all(&balancer);
    let went = play(balancer.address());
    assert_eq!(went, BTreeSet::from([balancer.address().to_string()]));
    eventually(
        "clients played at each node, of which one had the room",
        || nodes.iter().all(|node| said(node.address) > 0.0),
    );
}

/// The balancer has found all nodes well.
fn wait_for_all(balancer: &Balancer) {
    let mut seen = BTreeSet::new();
    eventually("requests go to all nodes", || {
        let health = HttpClient::connect(balancer.address())
            .get("/health")
            .json();
        seen.insert(health["processId"].to_string());
        seen.len() == 3
    });
}

/// Messages to clients that went out of the sockets of a node.
fn said(node: SocketAddr) -> f64 {
    let answer = HttpClient::connect(node).get("/metrics");
    let metrics = Metrics::parse(&answer.text()).unwrap();
    metrics.sum("downbeat_sent_messages_total", &[])
}

/// Has clients of `@downbeat/client` play; returns the hosts to which they connected.
fn play(server: SocketAddr) -> BTreeSet<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/balanced.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(format!("http://{server}"));
    let output = Process::run(&mut node);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    let passed = said.lines().filter(|line| line.ends_with(" ok")).count();
    assert_eq!(passed, 4, "{said}{complained}");
    let went = said
        .lines()
        .filter_map(|line| line.strip_prefix("connected to "));
    went.map(str::to_owned).collect()
}
