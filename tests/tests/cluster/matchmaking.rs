//! A seat in a room of any node, from any node.

use std::collections::{BTreeMap, BTreeSet};

use downbeat::{AuthRequest, Reject};
use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::cluster::TestCluster;
use downbeat_tests::http::{HttpClient, request};
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::shared;
use serde_json::{Value, json};

fn ask(node: &TestServer, method: &str, target: &str, options: &Value) -> Seat {
    seat::ask(node.address(), method, target, options).unwrap()
}

#[test]
fn rooms_of_all_nodes_are_found_by_each_method_at_each_node() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    let options = json!({ "hold_ms": 600_000 });
    let create =
        |node: &TestServer| Player::take(node.address(), &ask(node, "create", "probe", &options));
    let hosts: Vec<Player> = cluster.nodes().iter().map(create).collect();
    for node in cluster.nodes() {
        for host in &hosts {
            let by_id = ask(node, "joinById", &host.seat.room_id, &json!({}));
            assert_eq!(by_id.room_id, host.seat.room_id);
            assert_eq!(by_id.process_id, host.seat.process_id, "where its room is");
            let token = json!({ "reconnectionToken": host.welcome.reconnection_token.to_string() });
            let again = ask(node, "reconnect", &host.seat.room_id, &token);
            assert_eq!(again, host.seat);
        }
        let joined = ask(node, "join", "probe", &json!({}));
        assert!(hosts.iter().any(|host| host.seat.room_id == joined.room_id));
        let refused = seat::ask(node.address(), "join", "arena", &json!({}));
        assert_eq!(refused.unwrap_err().code, 521);
        let refused = seat::ask(node.address(), "joinById", "0000000000000", &json!({}));
        assert_eq!(refused.unwrap_err().code, 522);
    }
}

#[test]
fn filters_hold_on_all_nodes() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for number in 0..30 {
        let node = cluster.node(number % 3);
        let channel = format!("channel {}", number % 5);
        let options = json!({ "channel": channel });
        let seat = ask(node, "joinOrCreate", "chat", &options);
        rooms.entry(channel).or_default().insert(seat.room_id);
    }
    assert_eq!(rooms.len(), 5);
    let all: BTreeSet<&String> = rooms.values().flatten().collect();
    assert_eq!(all.len(), 5, "one room for each channel: {rooms:?}");
    for node in cluster.nodes() {
        let gin = seat::ask(node.address(), "join", "chat", &json!({ "channel": "gin" }));
        assert_eq!(gin.unwrap_err().code, 521);
    }
}

#[test]
fn each_node_lists_the_rooms_of_all_and_follows_them() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    let create = |number: usize| {
        let node = cluster.node(number % 3);
        let options = json!({ "rank": number });
        Player::take(node.address(), &ask(node, "create", "probe", &options))
    };
    let mut hosts: Vec<Player> = (0..12).map(create).collect();
    for node in cluster.nodes() {
        eventually("all are listed", || node.rooms().len() == hosts.len());
        for (rank, host) in hosts.iter().enumerate() {
            let listing = node.listing(&host.seat.room_id).unwrap();
            assert_eq!(listing["processId"], *host.seat.process_id);
            assert_eq!(listing["metadata"], json!({ "rank": rank }));
            assert_eq!(listing["clients"], 1);
        }
    }
    let room = hosts[0].seat.room_id.clone();
    let guest = Player::take(
        cluster.node(1).address(),
        &ask(cluster.node(2), "joinById", &room, &json!({})),
    );
    hosts[0].apply(&ProbeInput::Lock { locked: true });
    for node in cluster.nodes() {
        node.wait_for_listing(&room, "clients", 2);
        node.wait_for_listing(&room, "locked", true);
    }
    guest.leave();
    hosts.remove(0).leave();
    for node in cluster.nodes() {
        node.wait_for_end(&room);
        assert_eq!(node.rooms().len(), hosts.len());
    }
}

#[test]
fn a_seat_that_one_node_gave_is_taken_at_another_with_what_on_auth_said() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        server.on_auth(async |request: AuthRequest| match request.token {
            Some(token) if token != "eve" => Ok(format!("{token} in {}", request.room_name)),
            _ => Err(Reject::new("not you")),
        })
    });
    let by_token = |node: &TestServer, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", &*bearer)];
        let path = "/matchmake/joinOrCreate/probe";
        seat::answer(&node.http().request("POST", path, &headers, "{}"))
    };
    for (number, name) in ["ann", "bob", "cat"].into_iter().enumerate() {
        let seat = by_token(cluster.node(number), name).unwrap();
        for node in cluster.others(&seat.process_id) {
            let path = format!("{}&_authToken=eve", seat.path());
            let mut socket = downbeat_tests::websocket::WebSocket::open(node.address(), &path);
            assert_eq!(socket.read_to_close().0, 4525, "an edge asks too");
        }
        let edge = cluster.others(&seat.process_id)[number % 2].address();
        let player = Player::take(edge, &seat);
        let claim = RowValue::String(format!("{name} in probe"));
        assert_eq!(player.own_field("scores", "claim"), Some(&claim));
        assert_eq!(by_token(cluster.node(number), "eve").unwrap_err().code, 525);
        player.leave();
    }
}

/// Clients of the storm, and seats of an arena.
const CLIENTS: usize = 500;
const SEATS: usize = 50;

#[test]
fn a_storm_on_three_nodes_makes_no_more_rooms_than_needed_and_overfills_none() {
    let redis = shared::together();
    let cluster = TestCluster::start(&redis, 3);
    let ask = request("POST", "/matchmake/joinOrCreate/arena", &[], "{}");
    let mut clients: Vec<HttpClient> = (0..CLIENTS)
        .map(|number| cluster.node(number % 3).http())
        .collect();
    for client in &mut clients {
        client.send(ask.as_bytes());
    }
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for client in &mut clients {
        let seat = seat::answer(&client.receive()).unwrap();
        *rooms.entry(seat.room_id).or_default() += 1;
    }
    let needed = CLIENTS / SEATS;
    assert!((needed..=needed + 1).contains(&rooms.len()), "{rooms:?}");
    assert!(rooms.values().all(|seats| *seats <= SEATS), "{rooms:?}");
    for node in cluster.nodes() {
        eventually("each node lists them", || node.rooms().len() == rooms.len());
    }
}
