//! What players see of a room, and of each other.

use downbeat::rooms::{ArenaInput, ChatEvent, ChatInput, WorldInput};
use downbeat_schemas::PROTOCOL;
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::reflect::{Field, FieldType, TableSchema};
use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::both_ways;
use downbeat_tests::player::{Heard, Player};
use downbeat_tests::rooms::{ProbeEvent, ProbeInput};
use downbeat_tests::way::Way;
use serde_json::json;

both_ways!(
    a_welcome_says_where_one_is_and_how_to_read_rows,
    inputs_are_applied_acknowledged_and_seen_by_all,
    a_mirror_shows_what_the_room_knows_through_coming_and_going,
    a_ping_is_answered_with_its_own_time_even_before_the_welcome,
    words_reach_whom_they_are_for,
    work_beside_the_room_comes_back_into_it,
    in_a_world_one_sees_ones_neighbours_only,
);

fn a_welcome_says_where_one_is_and_how_to_read_rows(way: Way) {
    let server = way.server();
    let player = Player::join(&server, "arena", &json!({}));
    let welcome = &player.welcome;
    assert_eq!(welcome.protocol, PROTOCOL);
    assert_eq!(welcome.session.to_string(), player.seat.session_id);
    assert_eq!(welcome.room.to_string(), player.seat.room_id);
    assert_eq!(welcome.room_name, "arena");
    assert_eq!((welcome.tick_hz, welcome.patch_every), (20, 1));
    let field = |name: &str, field_type| Field {
        name: name.to_owned(),
        field_type,
    };
    let players = TableSchema {
        name: "players".to_owned(),
        key: Some(FieldType::Session),
        fields: vec![
            field("x", FieldType::F32),
            field("y", FieldType::F32),
            field("hp", FieldType::U16),
        ],
    };
    assert_eq!(welcome.schema.tables, [players]);
    assert_eq!(
        player.own_field("players", "hp"),
        Some(&RowValue::Unsigned(100))
    );
}

fn inputs_are_applied_acknowledged_and_seen_by_all(way: Way) {
    let server = way.server();
    let mut ann = Player::join(&server, "arena", &json!({}));
    let mut bob = Player::join(&server, "arena", &json!({}));
    let place = |player: &Player| {
        let key = RowValue::Session(ann.welcome.session);
        let row = player.mirror.row("players", &key).cloned();
        row.map(|row| row.fields)
    };
    let start = place(&bob);
    assert!(start.is_some(), "who comes later sees who is there");
    let (left, up) = (RowValue::Float(0.0), RowValue::Float(0.0));
    let (dx, dy) = (-1_000.0, -1_000.0);
    let seq = ann.input(&ArenaInput::Move { dx, dy });
    ann.wait_for_ack(seq);
    // The wall in the upper left corner stops it.
    let corner = Some(vec![left, up, RowValue::Unsigned(100)]);
    let session = ann.welcome.session;
    let at_corner = |player: &Player| {
        let row = player.mirror.row("players", &RowValue::Session(session));
        row.map(|row| row.fields.clone()) == corner
    };
    for player in [&mut ann, &mut bob] {
        while !at_corner(player) {
            player.hear();
        }
    }
    assert_ne!(start, corner);
    assert_eq!(ann.snapshots, 1, "patches keep the mirror");
    assert_eq!(bob.stamp.acked_input, 0, "an acknowledgement is one's own");
}

fn a_mirror_shows_what_the_room_knows_through_coming_and_going(way: Way) {
    let server = way.server();
    let options = json!({ "stay": true });
    let mut witness = Player::create(&server, "probe", &options);
    let mut others: Vec<Player> = Vec::new();
    for round in 1..=20_i64 {
        let mut newcomer = witness.join_room_of(&server);
        newcomer.apply(&ProbeInput::Add { by: round });
        others.push(newcomer);
        if round % 3 == 0 {
            others.remove((round % 2) as usize).leave();
        }
        if round % 5 == 0 {
            others.remove(0).socket.drop_connection();
        }
        witness.apply(&ProbeInput::Add { by: -round });
    }
    witness.input(&ProbeInput::Report);
    let (mut expected, left) = witness.wait_for_event(|event| match event {
        ProbeEvent::Report { scores, left } => Some((scores, left)),
        _ => None,
    });
    // Events come before the rows of their tick.
    witness.apply(&ProbeInput::Add { by: 0 });
    let rows = witness.mirror.rows("scores").unwrap().values();
    let mut seen: Vec<_> = rows
        .map(|row| match (&row.key, &row.fields[..]) {
            (
                Some(RowValue::Session(session)),
                [RowValue::Signed(total), RowValue::String(claim)],
            ) => (*session, *total, claim.clone()),
            other => panic!("no row of a score: {other:?}"),
        })
        .collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    let diary = &witness.mirror.single("diary").unwrap().fields;
    assert_eq!(diary[0], RowValue::Unsigned(left.into()));
    assert_eq!(witness.snapshots, 1);
    assert!(witness.patches >= 20);
}

fn a_ping_is_answered_with_its_own_time_even_before_the_welcome(way: Way) {
    let server = way.server();
    let mut player = Player::join(&server, "arena", &json!({}));
    for client_time_us in [0, 1, u64::MAX] {
        player.say(&ClientMessage::Ping { client_time_us });
        let echoed = player.wait(|heard| match heard {
            Heard::Pong { client_time_us } => Some(*client_time_us),
            _ => None,
        });
        assert_eq!(echoed, client_time_us);
    }
}

fn words_reach_whom_they_are_for(way: Way) {
    let server = way.server();
    let mut ann = Player::join(&server, "chat", &json!({ "name": "ann" }));
    let mut bob = ann.join_room_of(&server);
    ann.input(&ChatInput::Typing);
    let who = bob.wait_for_event(|ChatEvent::Typing { session }| Some(session));
    assert_eq!(who, ann.welcome.session);
    let text = "hello ✋".to_owned();
    let seq = ann.input(&ChatInput::Say { text: text.clone() });
    let mut heard_itself = false;
    while ann.stamp.acked_input < seq {
        heard_itself |= matches!(ann.hear(), Heard::Event { .. });
    }
    assert!(!heard_itself, "who types need not be told");
    bob.wait_until(|mirror| {
        let lines = mirror.rows("history").unwrap();
        let fields = lines.values().map(|line| &line.fields);
        fields
            .into_iter()
            .any(|line| line[1] == RowValue::String(text.clone()))
    });
    let late = ann.join_room_of(&server);
    assert_eq!(late.mirror.rows("history").unwrap().len(), 1);
}

fn work_beside_the_room_comes_back_into_it(way: Way) {
    let server = way.server();
    let mut player = Player::create(&server, "probe", &json!({}));
    for number in [1, 21] {
        player.input(&ProbeInput::Double { number });
        let doubled = player.wait_for_event(|event| match event {
            ProbeEvent::Doubled { number } => Some(number),
            _ => None,
        });
        assert_eq!(doubled, number * 2);
    }
}

fn in_a_world_one_sees_ones_neighbours_only(way: Way) {
    let server = way.server();
    let side = json!({ "side": 4_096.0 });
    let first = Player::create(&server, "world", &side);
    let mut players: Vec<Player> = (0..40).map(|_| first.join_room_of(&server)).collect();
    let mut seen = 0;
    for player in &mut players {
        player.apply(&WorldInput::Move { dx: 1.0, dy: 0.0 });
        assert!(
            player.own_field("movers", "x").is_some(),
            "one sees oneself"
        );
        seen += player.mirror.rows("movers").unwrap().len();
    }
    // Nine of 1,681 cells: each other one is there with a chance of 1 in 187.
    assert!(seen < 40 * 10, "{seen} rows are seen by 40 players");
}
