//! Where new rooms go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use downbeat_tests::cluster::TestCluster;
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests_redis::shared;
use serde_json::json;

/// Creates rooms, asking all nodes in turn, and counts on which they are.
fn place(cluster: &TestCluster, rooms: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in 0..rooms {
        let address = cluster.nodes()[number % cluster.nodes().len()].address();
        let seat = seat::ask(address, "create", "probe", &json!({ "stay": true })).unwrap();
        *counts.entry(seat.process_id).or_default() += 1;
    }
    counts
}

/// Each node has told all others of itself.
fn wait_until_known(cluster: &TestCluster) {
    for node in cluster.nodes() {
        eventually("a node places rooms on all", || {
            let ask = |_| seat::ask(node.address(), "create", "probe", &json!({})).unwrap();
            let seats: Vec<_> = (0..cluster.nodes().len() * 3).map(ask).collect();
            cluster
                .nodes()
                .iter()
                .all(|node| seats.iter().any(|seat| seat.process_id == node.id()))
        });
    }
}

#[test]
fn new_rooms_are_spread_over_the_nodes() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    wait_until_known(&cluster);
    let counts = place(&cluster, 60);
    // 20 each, if all were equally busy. Ticks of idle rooms are short and their times noise.
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(counts.values().all(|rooms| *rooms >= 6), "{counts:?}");
}

#[test]
fn a_busy_node_gets_the_fewest_new_rooms() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    wait_until_known(&cluster);
    place(&cluster, 30);
    let mut host = Player::create(cluster.node(0), "probe", &json!({}));
    let busy = host.seat.process_id.clone();
    let over = AtomicBool::new(false);
    let counts = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Nine tenths of its shard's time. It sleeps: this machine has others to serve.
            while !over.load(Ordering::Relaxed) {
                host.apply(&ProbeInput::Stall { ms: 200 });
            }
        });
        // Loads are told about once a second.
        std::thread::sleep(Duration::from_secs(4));
        let counts = place(&cluster, 30);
        over.store(true, Ordering::Relaxed);
        counts
    });
    let on_busy = counts.get(&busy).copied().unwrap_or_default();
    assert!(on_busy <= 5, "{on_busy} on {busy} of {counts:?}");
}
