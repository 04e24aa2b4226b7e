//! What an operator does to a room, and sees of it.

use downbeat::SessionId;
use downbeat::host::{Action, Description, RoomState, SeatPhase};
use downbeat::testing::TestRoom;
use downbeat_schemas::close::CloseCode;
use serde_json::{Value, json};

use crate::probe::{Event, Input, Note, Options, Probe, probe, quiet_panics};

fn act(room: &mut TestRoom<Probe>, action: &Action) -> bool {
    let now = room.now();
    let done = room.any().act(now, action);
    // What is said then goes out with the next flush.
    room.tick(1);
    done
}

fn kick(session: SessionId) -> Action {
    let reason = "an operator sent you away".to_owned();
    Action::Kick { session, reason }
}

fn close() -> Action {
    let reason = "an operator closed the room".to_owned();
    Action::Close { reason }
}

#[test]
fn a_locked_room_takes_nobody_in_until_it_is_unlocked() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    assert!(act(&mut room, &Action::Lock));
    assert!(room.join_with(json!({}), None).is_err());
    assert!(room.summary().is_some_and(|summary| summary.locked));
    assert!(act(&mut room, &Action::Unlock));
    assert!(room.join_with(json!({}), None).is_ok());
    assert!(room.client(ann).is_connected());
}

#[test]
fn a_kicked_client_is_told_and_the_game_hears_of_it() {
    let mut room = probe(&Options::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    assert!(act(&mut room, &kick(ann)));
    let told = (CloseCode::Kicked, "an operator sent you away");
    assert_eq!(room.client(ann).closed(), Some(told));
    assert!(room.client(bob).is_connected());
    let left = Note::Leave(ann, "Kicked".to_owned());
    assert!(
        room.state().notes.contains(&left),
        "{:?}",
        room.state().notes
    );
    assert_eq!(room.events(bob).last(), Some(&Event::Left(ann)));
    assert!(!act(&mut room, &kick(ann)), "it is gone");
    assert!(!act(&mut room, &kick(SessionId(1))), "it never was");
    let reserved = room.reserve(json!({}), None).unwrap();
    assert!(
        !act(&mut room, &kick(reserved)),
        "the game has not heard of it"
    );
}

#[test]
fn a_closed_room_says_goodbye_to_all() {
    let mut room = probe(&Options::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    assert!(act(&mut room, &close()));
    assert_eq!(*room.room_state(), RoomState::Disposed);
    for session in [ann, bob] {
        let told = (CloseCode::RoomDisposed, "an operator closed the room");
        assert_eq!(room.client(session).closed(), Some(told));
    }
    assert_eq!(room.state().notes.last(), Some(&Note::Dispose));
    for action in [Action::Lock, Action::Unlock, kick(ann), close()] {
        assert!(!act(&mut room, &action), "{action:?}");
    }
}

#[test]
fn a_game_that_panics_then_fails_its_room_alone() {
    quiet_panics();
    let mut room = probe(&Options {
        panic_in: "on_leave".to_owned(),
        ..Options::default()
    });
    let ann = room.join();
    room.tick(1);
    act(&mut room, &kick(ann));
    assert!(matches!(room.room_state(), RoomState::Failed { .. }));
    assert_eq!(room.take_counters().panics, 1);
}

fn describe(room: &mut TestRoom<Probe>, bytes_max: usize) -> Description {
    room.any().describe(bytes_max)
}

fn shown(description: &Description, table: &str) -> Vec<(Value, Value)> {
    let mut tables = description.tables.iter();
    tables
        .find(|found| found.name == table)
        .unwrap()
        .shown
        .clone()
}

#[test]
fn a_description_has_seats_and_what_clients_see() {
    let mut room = probe(&Options {
        hold_ms: 10_000,
        ..Options::default()
    });
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    room.send(ann, &Input::Run { dx: 0.5 });
    room.send(ann, &Input::Mark(7, 70));
    room.drop_connection(bob);
    room.tick(1);
    let late = room.reserve(json!({}), None).unwrap();
    let description = describe(&mut room, 1 << 16);
    assert_eq!(
        (description.clients_max, description.seats_left_out),
        (6, 0)
    );
    let seats = description.seats.iter();
    let phases: Vec<_> = seats
        .map(|seat| (seat.session, seat.phase, seat.connection.is_some()))
        .collect();
    let expected = [
        (ann, SeatPhase::Playing, true),
        (bob, SeatPhase::Held, false),
        (late, SeatPhase::Reserved, false),
    ];
    assert_eq!(phases, expected);
    let players = shown(&description, "players");
    assert_eq!(players[0].0, json!(ann.to_string()));
    assert_eq!(players[0].1["x"], json!(0.5));
    assert_eq!(
        shown(&description, "marks"),
        [(json!(7), json!({ "value": 70 }))]
    );
    assert_eq!(shown(&description, "total")[0].0, Value::Null);
    let names = description.tables.iter().map(|table| table.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["players", "marks", "total"]);
}

#[test]
fn a_description_is_as_large_as_it_may_be() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    for number in 0..1_000 {
        room.send(ann, &Input::Mark(number, number));
        if number % 50 == 49 {
            room.tick(1);
        }
    }
    room.tick(1);
    let mut last = 0;
    for bytes_max in [0, 200, 2_000, 20_000, 200_000] {
        let description = describe(&mut room, bytes_max);
        let marks = &description.tables[1];
        assert_eq!(marks.rows, 1_000);
        let seats = description.seats.len() as u64;
        assert_eq!(seats + description.seats_left_out, 1);
        let bytes = serde_json::to_string(&description.tables).unwrap().len();
        assert!(bytes <= 2 * bytes_max + 200, "{bytes} of {bytes_max}");
        assert!(marks.shown.len() >= last);
        last = marks.shown.len();
    }
    assert_eq!(last, 1_000, "there was room for all");
}
