//! Queues and lobbies over real sockets: clients find each other, and see what rooms there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use downbeat::rooms::{QueueEvent, QueueRules};
use downbeat::{AuthRequest, CpuChoice, Reject, RoomDefinition, Server, ServerBuilder, StartError};
use downbeat_schemas::rows::Value as Field;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::Probe;
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use serde_json::json;

fn with_queue(rules: QueueRules, shards: usize) -> TestServer {
    TestServer::with(|server| {
        let queue = RoomDefinition::queue("ranked", rules).filter_by(["mode"]);
        server.cpus(CpuChoice::First(shards)).define(queue)
    })
}

fn wait_for_seat(player: &mut Player) -> Seat {
    player.wait_for_event(|event| match event {
        QueueEvent::Seat(seat) => {
            Some(serde_json::from_value(seat).expect("an answer of matchmaking"))
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn players_of_a_queue_meet_in_a_room_that_nobody_else_gets_into() {
    let rules = QueueRules::new("probe", 3).room_options(json!({ "clients_max": 3 }));
    let server = with_queue(rules, 1);
    let join = |_| Player::join(&server, "ranked", &json!({ "rank": 5 }));
    let mut waiting: Vec<Player> = (0..3).map(join).collect();
    let seats: Vec<Seat> = waiting.iter_mut().map(wait_for_seat).collect();
    let rooms: BTreeSet<&str> = seats.iter().map(|seat| seat.room_id.as_str()).collect();
    let sessions: BTreeSet<&str> = seats.iter().map(|seat| seat.session_id.as_str()).collect();
    assert_eq!((rooms.len(), sessions.len()), (1, 3));
    let stranger = seat::ask(server.address(), "joinById", &seats[0].room_id, &json!({}));
    assert_eq!(stranger.unwrap_err().code, 522, "all seats are taken");
    let take = |seat| Player::take(server.address(), seat);
    let mut players: Vec<Player> = seats.iter().map(take).collect();
    for player in &mut players {
        player.wait_until(|mirror| mirror.rows("scores").is_some_and(|rows| rows.len() == 3));
    }
    waiting.into_iter().for_each(Player::leave);
}

#[test]
fn a_storm_of_clients_is_matched_completely() {
    let rules = QueueRules::new("arena", 4).room_options(json!({ "seats": 4 }));
    let server = with_queue(rules, 2);
    let join = |number| {
        let mode = if number % 2 == 0 { "even" } else { "odd" };
        Player::join(&server, "ranked", &json!({ "rank": number, "mode": mode }))
    };
    let mut waiting: Vec<Player> = (0..80).map(join).collect();
    let mut rooms: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, player) in waiting.iter_mut().enumerate() {
        let seat = wait_for_seat(player);
        rooms.entry(seat.room_id).or_default().insert(number);
    }
    assert_eq!(rooms.len(), 20);
    for players in rooms.values() {
        assert_eq!(players.len(), 4);
        let modes: BTreeSet<usize> = players.iter().map(|number| number % 2).collect();
        assert_eq!(
            modes.len(),
            1,
            "modes have queues of their own: {players:?}"
        );
    }
}

#[test]
fn what_on_auth_said_goes_on_to_the_match() {
    let server = TestServer::with(|server| {
        let rules = QueueRules::new("probe", 2);
        let server = server.define(RoomDefinition::queue("ranked", rules));
        server.on_auth(async |request: AuthRequest| {
            Ok::<_, Reject>(format!("user {}", request.options["hold_ms"]))
        })
    });
    let join = |user: u32| Player::join(&server, "ranked", &json!({ "hold_ms": user }));
    let (mut ann, mut bob) = (join(7), join(8));
    let seats = [wait_for_seat(&mut ann), wait_for_seat(&mut bob)];
    for (seat, user) in seats.iter().zip(["user 7", "user 8"]) {
        let player = Player::take(server.address(), seat);
        let claim = player.own_field("scores", "claim");
        assert_eq!(claim, Some(&Field::String(user.to_owned())));
    }
}

#[test]
fn a_match_whose_room_takes_no_guest_leaves_no_room() {
    let rules = QueueRules::new("probe", 2).room_options(json!({ "clients_max": 1 }));
    let server = with_queue(rules, 1);
    let mut ann = Player::join(&server, "ranked", &json!({}));
    let _bob = Player::join(&server, "ranked", &json!({}));
    server.wait_for_metrics("a room was made and closed", |metrics| {
        metrics.sum("downbeat_rooms_created_total", &[("room", "probe")]) >= 1.0
    });
    let rooms = server.rooms();
    let names: BTreeSet<_> = rooms.iter().map(|room| room["name"].as_str()).collect();
    assert_eq!(names.len(), 1, "the queue is the only one left: {rooms:?}");
    ann.wait_until(|mirror| mirror.single("status").is_some());
}

#[test]
fn a_lobby_shows_rooms_as_they_come_change_and_go() {
    let server = TestServer::with(|server| server.define(RoomDefinition::lobby("lobby")));
    let filter = json!({ "filter": { "name": "probe" } });
    let mut viewer = Player::join(&server, "lobby", &filter);
    let other = Player::join(&server, "lobby", &filter);
    assert_eq!(
        other.seat.room_id, viewer.seat.room_id,
        "one filter, one lobby"
    );
    let all = Player::join(&server, "lobby", &json!({}));
    assert_ne!(all.seat.room_id, viewer.seat.room_id);
    let _arena = Player::create(&server, "arena", &json!({}));
    let probe = Player::create(&server, "probe", &json!({ "rank": 7 }));
    let key = Field::String(probe.seat.room_id.clone());
    viewer.wait_until(|mirror| mirror.row("rooms", &key).is_some());
    assert_eq!(
        viewer.mirror.rows("rooms").unwrap().len(),
        1,
        "the arena is filtered out"
    );
    let row = viewer.mirror.row("rooms", &key).unwrap();
    let metadata = viewer.mirror.field("rooms", row, "metadata").unwrap();
    assert_eq!(*metadata, Field::String(r#"{"rank":7}"#.to_owned()));
    let second = probe.join_room_of(&server);
    viewer.wait_until(|mirror| {
        let row = mirror.row("rooms", &key);
        let clients = row.and_then(|row| mirror.field("rooms", row, "clients"));
        clients == Some(&Field::Unsigned(2))
    });
    second.leave();
    probe.leave();
    viewer.wait_until(|mirror| mirror.row("rooms", &key).is_none());
}

#[test]
fn a_queue_that_can_make_no_matches_does_not_start() {
    let refused = |define: fn(ServerBuilder) -> ServerBuilder| {
        let server = Server::builder()
            .cpus(CpuChoice::First(1))
            .room::<Probe>("probe");
        define(server).start().map(drop).unwrap_err()
    };
    let error = refused(|server| {
        server.define(RoomDefinition::queue("ranked", QueueRules::new("arena", 2)))
    });
    assert!(matches!(&error, StartError::NoMatchRoom { .. }));
    assert!(error.to_string().contains("`arena`"), "{error}");
    assert!(
        error.to_string().contains("this server has probe"),
        "{error}"
    );
    let error = refused(|server| {
        let rules = QueueRules::new("probe", 2).allow_incomplete(Duration::ZERO, 3);
        server.define(RoomDefinition::queue("ranked", rules))
    });
    assert!(error.to_string().contains("write 1 to 2"), "{error}");
}
