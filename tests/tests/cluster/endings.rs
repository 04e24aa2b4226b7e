//! A node stops: what becomes of its rooms, of its clients, and of seats that it gave.

use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::cluster::TestCluster;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::shared;
use serde_json::{Value, json};

/// A seat in a new room on any node but this one.
fn seat_elsewhere(node: &TestServer, options: &Value) -> Seat {
    loop {
        let seat = seat::ask(node.address(), "create", "probe", options).unwrap();
        if seat.process_id != node.id() {
            return seat;
        }
    }
}

#[test]
fn rooms_of_a_node_that_stops_are_gone_at_once_and_their_clients_are_told() {
    let redis = shared::together();
    let mut cluster = TestCluster::start(&redis, 3);
    let seat = seat::ask(cluster.node(0).address(), "create", "probe", &json!({})).unwrap();
    let owner = cluster.take(&seat.process_id);
    let mut direct = Player::take(owner.address(), &seat);
    let mut edges: Vec<Player> = cluster
        .nodes()
        .iter()
        .map(|edge| {
            let seat = seat::ask(edge.address(), "joinById", &seat.room_id, &json!({}));
            Player::take(edge.address(), &seat.unwrap())
        })
        .collect();
    for edge in &mut edges {
        edge.apply(&ProbeInput::Add { by: 1 });
    }
    let stopping = std::thread::spawn(move || owner.stop());
    assert_eq!(direct.read_to_close().0, 4001);
    direct.socket.close(4001);
    for edge in &mut edges {
        assert_eq!(edge.read_to_close().0, 4001, "the close code is the room's");
    }
    stopping.join().unwrap();
    for node in cluster.nodes() {
        assert_eq!(
            node.listing(&seat.room_id),
            None,
            "nobody waits for an expiry"
        );
        let gone = seat::ask(node.address(), "joinById", &seat.room_id, &json!({}));
        assert_eq!(gone.unwrap_err().code, 522);
        let next = seat::ask(node.address(), "joinOrCreate", "probe", &json!({})).unwrap();
        Player::take(node.address(), &next).apply(&ProbeInput::Add { by: 1 });
    }
}

#[test]
fn a_seat_outlives_the_node_that_gave_it() {
    let redis = shared::together();
    let mut cluster = TestCluster::start(&redis, 3);
    let giver_id = cluster.node(0).id();
    let giver = cluster.take(&giver_id);
    let seat = seat_elsewhere(&giver, &json!({}));
    giver.stop();
    let edge = cluster.others(&seat.process_id)[0];
    let mut player = Player::take(edge.address(), &seat);
    player.apply(&ProbeInput::Add { by: 3 });
    assert_eq!(
        player.own_field("scores", "total"),
        Some(&RowValue::Signed(3))
    );
}

#[test]
fn who_plays_through_a_node_that_stops_comes_back_by_another() {
    let redis = shared::together();
    let mut cluster = TestCluster::start(&redis, 3);
    let edge_id = cluster.node(0).id();
    let edge = cluster.take(&edge_id);
    let seat = seat_elsewhere(&edge, &json!({ "hold_ms": 600_000 }));
    let mut player = Player::take(edge.address(), &seat);
    player.apply(&ProbeInput::Add { by: 4 });
    let stopping = std::thread::spawn(move || edge.stop());
    let (code, reason) = player.read_to_close();
    assert_eq!(code, 4010, "{reason}: a code with which clients come back");
    player.socket.close(4010);
    stopping.join().unwrap();
    for node in cluster.nodes() {
        let token = player.welcome.reconnection_token;
        let mut back = Player::reconnect(node.address(), &player.seat, token);
        back.apply(&ProbeInput::Add { by: 1 });
        assert_eq!(back.welcome.session, player.welcome.session);
        player = back;
    }
    assert_eq!(
        player.own_field("scores", "total"),
        Some(&RowValue::Signed(6))
    );
    let diary = &player.mirror.single("diary").unwrap().fields;
    assert_eq!(diary[0], RowValue::Unsigned(0), "nobody left");
}
