//! Queues and lobbies of many nodes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use downbeat::RoomDefinition;
use downbeat::rooms::{ArenaInput, QueueEvent, QueueRules};
use downbeat_schemas::rows::Value as Field;
use downbeat_tests::cluster::TestCluster;
use downbeat_tests::player::Player;
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::shared;
use serde_json::{Value, json};

/// Each change is to be seen within a second; all of them, with room for a busy machine.
const SHOWN_MAX: Duration = Duration::from_secs(20);

/// A player in a room of this name on just this node.
fn create_on(node: &TestServer, room: &str, options: &Value) -> Player {
    loop {
        let seat = seat::ask(node.address(), "create", room, options).unwrap();
        if seat.process_id == node.id() {
            return Player::take(node.address(), &seat);
        }
    }
}

fn wait_for_seat(player: &mut Player) -> Seat {
    player.wait_for_event(|event| match event {
        QueueEvent::Seat(seat) => Some(serde_json::from_value(seat).unwrap()),
        other => panic!("{other:?}"),
    })
}

#[test]
fn those_who_wait_on_three_nodes_meet_in_one_room_and_play() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        let rules = QueueRules::new("arena", 3).room_options(json!({ "seats": 3 }));
        server.define(RoomDefinition::queue("ranked", rules))
    });
    // A room of the queue on each node: they have one line together.
    let nodes = cluster.nodes().iter();
    let mut waiting: Vec<Player> = nodes
        .map(|node| create_on(node, "ranked", &json!({ "rank": 5 })))
        .collect();
    let seats: Vec<Seat> = waiting.iter_mut().map(wait_for_seat).collect();
    let rooms: BTreeSet<&str> = seats.iter().map(|seat| seat.room_id.as_str()).collect();
    let sessions: BTreeSet<&str> = seats.iter().map(|seat| seat.session_id.as_str()).collect();
    assert_eq!((rooms.len(), sessions.len()), (1, 3), "{seats:?}");
    let nodes = cluster.nodes().iter();
    let mut players: Vec<Player> = nodes
        .zip(&seats)
        .map(|(node, seat)| Player::take(node.address(), seat))
        .collect();
    for player in &mut players {
        player.wait_until(|mirror| mirror.rows("players").unwrap().len() == 3);
        player.apply(&ArenaInput::Move { dx: 1.0, dy: 1.0 });
    }
    waiting.into_iter().for_each(Player::leave);
}

#[test]
fn a_lobby_shows_the_rooms_of_all_nodes() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        server.define(RoomDefinition::lobby("lobby"))
    });
    let filter = json!({ "filter": { "name": "probe" } });
    let mut viewer = create_on(cluster.node(0), "lobby", &filter);
    for node in cluster.nodes() {
        let asked = Instant::now();
        let host = create_on(node, "probe", &json!({ "rank": 7 }));
        let key = Field::String(host.seat.room_id.clone());
        viewer.wait_until(|mirror| mirror.row("rooms", &key).is_some());
        println!("shown after {:?}", asked.elapsed());
        let guest_seat = seat::ask(node.address(), "joinById", &host.seat.room_id, &json!({}));
        let guest = Player::take(cluster.node(1).address(), &guest_seat.unwrap());
        viewer.wait_until(|mirror| {
            let row = mirror.row("rooms", &key);
            let clients = row.and_then(|row| mirror.field("rooms", row, "clients"));
            clients == Some(&Field::Unsigned(2))
        });
        guest.leave();
        host.leave();
        let left = Instant::now();
        viewer.wait_until(|mirror| mirror.row("rooms", &key).is_none());
        println!("gone after {:?}", left.elapsed());
        assert!(asked.elapsed() < SHOWN_MAX, "{:?}", asked.elapsed());
    }
}
