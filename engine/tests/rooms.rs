//! The sample rooms, under a fake clock, as a game's own tests would run them.

use downbeat::rooms::{
    Arena, ArenaInput, ArenaOptions, Chat, ChatEvent, ChatInput, ChatOptions, World, WorldInput,
    WorldOptions,
};
use downbeat::testing::TestRoom;
use downbeat::{Room, SessionId};
use downbeat_schemas::rows::Value;
use serde_json::json;

/// The float fields of a client's row, as another client sees it.
fn place<R: Room>(
    room: &TestRoom<R>,
    viewer: SessionId,
    table: &str,
    of: SessionId,
) -> Option<(f64, f64)> {
    let view = room.view(viewer);
    let row = view.row(table, &Value::Session(of))?;
    let float = |name| match view.field(table, row, name) {
        Some(Value::Float(value)) => *value,
        other => panic!("{name} is {other:?}"),
    };
    Some((float("x"), float("y")))
}

#[test]
fn arena_input_sets_a_velocity_in_units_per_second() {
    let mut room = TestRoom::<Arena>::new(7, ArenaOptions::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    let (x, y) = place(&room, bob, "players", ann).unwrap();
    let (dx, dy) = (if x < 500.0 { 100.0 } else { -100.0 }, 0.0);
    room.send(ann, &ArenaInput::Move { dx, dy });
    room.tick(20);
    let moved = place(&room, bob, "players", ann).unwrap();
    assert!(
        (moved.0 - (x + f64::from(dx))).abs() < 0.01,
        "{x} {moved:?}"
    );
    assert_eq!(moved.1, y);
}

#[test]
fn arena_walls_stop_whatever_clients_wish() {
    for (dx, dy) in [
        (f32::INFINITY, 0.0),
        (f32::NAN, f32::NAN),
        (-1e30, 1e30),
        (999.0, -999.0),
    ] {
        let mut room = TestRoom::<Arena>::new(1, ArenaOptions::default());
        let ann = room.join();
        room.send(ann, &ArenaInput::Move { dx, dy });
        room.tick(100);
        let (x, y) = place(&room, ann, "players", ann).unwrap();
        assert!((0.0..=1_000.0).contains(&x), "{dx} {x}");
        assert!((0.0..=1_000.0).contains(&y), "{dy} {y}");
    }
}

#[test]
fn arena_takes_fifty_and_forgets_who_left() {
    let mut room = TestRoom::<Arena>::new(1, ArenaOptions::default());
    let sessions: Vec<_> = (0..50).map(|_| room.join()).collect();
    assert!(room.join_with(json!({}), None).is_err(), "the fifty-first");
    room.tick(1);
    assert_eq!(room.view(sessions[0]).rows("players").unwrap().len(), 50);
    room.leave(sessions[1]);
    room.tick(1);
    assert_eq!(room.view(sessions[0]).rows("players").unwrap().len(), 49);
}

#[test]
fn chat_keeps_the_last_hundred_lines_for_newcomers() {
    let mut room = TestRoom::<Chat>::new(1, json!({ "channel": "lobby" }));
    let ann = room.join_with(json!({ "name": "Ann" }), None).unwrap();
    room.tick(1);
    for number in 0..105 {
        let text = format!("line {number}");
        room.send(ann, &ChatInput::Say { text });
        room.tick(1);
    }
    let bob = room.join();
    room.tick(1);
    let view = room.view(bob);
    let lines: Vec<_> = view.rows("history").unwrap().values().collect();
    assert_eq!(lines.len(), 100);
    let oldest = view.row("history", &Value::Unsigned(5)).unwrap();
    let said = |name| view.field("history", oldest, name).cloned();
    assert_eq!(said("text"), Some(Value::String("line 5".into())));
    assert_eq!(said("from"), Some(Value::String("Ann".into())));
    assert!(view.row("history", &Value::Unsigned(4)).is_none());
}

#[test]
fn chat_tells_the_others_who_is_typing() {
    let mut room = TestRoom::<Chat>::new(1, ChatOptions::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    room.send(ann, &ChatInput::Typing);
    room.tick(1);
    assert_eq!(room.events(bob), [ChatEvent::Typing { session: ann }]);
    assert_eq!(room.events(ann), []);
}

#[test]
fn chat_holds_the_seat_of_a_lost_connection() {
    let mut room = TestRoom::<Chat>::new(1, ChatOptions::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    let is_online = |room: &TestRoom<Chat>| {
        let view = room.view(bob);
        let row = view.row("members", &Value::Session(ann))?;
        view.field("members", row, "online").cloned()
    };
    room.drop_connection(ann);
    room.tick(1);
    assert_eq!(is_online(&room), Some(Value::Bool(false)));
    room.reconnect(ann).unwrap();
    room.tick(1);
    assert_eq!(is_online(&room), Some(Value::Bool(true)));
    room.drop_connection(ann);
    // 31 seconds at 20 Hz: the seat was held for 30.
    room.tick(31 * 20);
    assert_eq!(is_online(&room), None);
}

#[test]
fn chat_is_private_and_tells_its_channel_as_its_creator_asks() {
    let options = json!({ "channel": "staff", "private": true });
    let mut room = TestRoom::<Chat>::new(1, options);
    let summary = room.summary().expect("a new room has something to tell");
    assert!(summary.private);
    assert_eq!(*summary.metadata, json!({ "channel": "staff" }));
}

#[test]
fn in_the_world_one_sees_the_near_and_not_the_far() {
    let mut room = TestRoom::<World>::new(
        3,
        WorldOptions {
            side: Some(1_900.0),
            ..WorldOptions::default()
        },
    );
    let sessions: Vec<_> = (0..2_000).map(|_| room.join()).collect();
    room.tick(1);
    for (number, session) in sessions.iter().enumerate() {
        let (dx, dy) = [(400.0, 50.0), (-50.0, 300.0), (0.0, -450.0)][number % 3];
        room.send(*session, &WorldInput::Move { dx, dy });
    }
    // Long enough for all to cross cells and meet walls.
    room.tick(40);
    let me = sessions[0];
    let mine = place(&room, me, "movers", me).unwrap();
    let mut seen = 0;
    for other in &sessions {
        let truth = place(&room, *other, "movers", *other).unwrap();
        let distance = (truth.0 - mine.0).abs().max((truth.1 - mine.1).abs());
        let sight = place(&room, me, "movers", *other);
        // Borders of cells give way by a tenth of a cell before a row or a viewer changes cells.
        assert!(distance > 80.0 || sight == Some(truth), "{distance}");
        assert!(distance < 220.0 || sight.is_none(), "{distance}");
        seen += u32::from(sight.is_some());
    }
    assert!((20..=100).contains(&seen), "{seen} of 2,000 are seen");
}

#[test]
fn drifters_are_seen_where_they_are_near_and_stay_spread() {
    let options = json!({ "side": 1_000.0, "sight": 200.0, "drifters": 3_000 });
    let mut room = TestRoom::<World>::new(3, options.clone());
    let summary = room.summary().expect("a new room has something to tell");
    assert_eq!(*summary.metadata, options);
    let me = room.join();
    let seen = |room: &TestRoom<World>| {
        let mine = place(room, me, "movers", me).unwrap();
        let view = room.view(me);
        let drifters: Vec<_> = view.rows("drifters").unwrap().values().collect();
        let far = drifters.iter().filter(|row| {
            let float = |name| match view.field("drifters", row, name) {
                Some(Value::Float(value)) => *value,
                other => panic!("{name} is {other:?}"),
            };
            let distance = (float("x") - mine.0).abs().max((float("y") - mine.1).abs());
            distance > 320.0
        });
        (drifters.len(), far.count())
    };
    // 25 cells of 100 hold 30 each, fewer where the world ends.
    for _ in 0..4 {
        room.tick(200);
        let (near, far) = seen(&room);
        assert!((150..=1_100).contains(&near), "{near} of 3,000 are seen");
        assert_eq!(far, 0);
    }
}

#[test]
fn a_world_that_no_client_could_watch_is_refused() {
    for options in [
        json!({ "sight": 99.0 }),
        json!({ "sight": 501.0 }),
        json!({ "drifters": 20_001 }),
    ] {
        let created = TestRoom::<World>::create(1, options, downbeat::limits::Limits::default());
        assert!(created.is_err());
    }
}

#[test]
fn a_world_of_no_size_is_refused() {
    for side in [0.0, -5.0, 5_000.0, f32::NAN] {
        let options = json!({ "side": side });
        let created = TestRoom::<World>::create(1, options, downbeat::limits::Limits::default());
        // NaN is null in JSON, and so the default.
        assert_eq!(created.is_ok(), side.is_nan(), "{side}");
    }
}
