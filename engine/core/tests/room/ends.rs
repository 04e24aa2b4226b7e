//! How rooms end: as they should, by themselves, and by a panic.

use downbeat::host::{Hook, ReserveError, RoomState};
use downbeat::testing::TestRoom;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::probe::{Event, Input, Note, Options, Probe, probe, quiet_panics};

/// A room that panics in one hook, in the middle of a busy day.
fn check_panic(panic_in: &str, hook: Hook) {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        panic_in: panic_in.to_owned(),
        ..Options::default()
    });
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    room.send(ann, &Input::After(0));
    room.send(ann, &Input::Spawn(1));
    room.tick(2);
    room.send_bytes(bob, b"bytes");
    room.tick(1);
    room.drop_connection(bob);
    room.tick(1);
    let _ = room.reconnect(bob);
    room.tick(1);
    room.leave(bob);
    room.tick(1);
    room.send(ann, &Input::Dispose);
    room.tick(1);
    let message = format!("on purpose in {panic_in}");
    assert_eq!(*room.room_state(), RoomState::Failed { hook, message });
    check_failed(&mut room);
}

/// Nothing of a failed room runs again, and its clients know.
fn check_failed(room: &mut TestRoom<Probe>) {
    assert_eq!(room.take_counters().panics, 1);
    assert_eq!(room.any().deadline(), Timestamp::NEVER);
    assert!(room.any().seated().is_empty());
    let notes = room.state().notes.len();
    room.tick(3);
    room.shut_down();
    let refused = room.reserve(Options::default(), None);
    assert_eq!(refused, Err(ReserveError::Ended));
    assert_eq!(room.state().notes.len(), notes);
    assert!(room.any().freeze(Timestamp(0)).is_err());
}

#[test]
fn a_panic_in_any_hook_closes_its_room() {
    check_panic("on_join", Hook::OnJoin);
    check_panic("on_input", Hook::OnInput);
    check_panic("on_bytes", Hook::OnBytes);
    check_panic("on_tick", Hook::OnTick);
    check_panic("on_timer", Hook::OnTimer);
    check_panic("spawned", Hook::Spawned);
    check_panic("on_drop", Hook::OnDrop);
    check_panic("on_reconnect", Hook::OnReconnect);
    check_panic("on_leave", Hook::OnLeave);
    check_panic("on_dispose", Hook::OnDispose);
}

#[test]
fn all_clients_of_a_failed_room_are_closed_with_4002() {
    let mut room = probe(&Options::default());
    let clients = [room.join(), room.join(), room.join()];
    room.tick(1);
    let late = room.join();
    room.send(clients[0], &Input::Say("last words".to_owned()));
    room.send(clients[1], &Input::Panic);
    room.send(clients[2], &Input::Say("too late".to_owned()));
    room.tick(1);
    for client in clients.into_iter().chain([late]) {
        let closed = room.client(client).closed();
        assert_eq!(closed, Some((CloseCode::RoomFailed, "the room has failed")));
    }
    let said = Event::Said(clients[0], "last words".to_owned());
    assert_eq!(room.events(clients[2]), [Event::Hello, said]);
    check_failed(&mut room);
}

#[test]
fn a_panic_of_a_spawned_future_closes_its_room() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.send(ann, &Input::SpawnPanic);
    room.tick(3);
    assert!(matches!(
        room.room_state(),
        RoomState::Failed {
            hook: Hook::Spawned,
            ..
        }
    ));
    check_failed(&mut room);
}

#[test]
fn a_panic_in_on_create_makes_no_room() {
    quiet_panics();
    let options = Options {
        panic_in: "on_create".to_owned(),
        ..Options::default()
    };
    let created = TestRoom::<Probe>::create(7, options, Limits::default());
    let error = created.unwrap_err().to_string();
    assert!(error.contains("on purpose in on_create"), "{error}");
    let refused = Options {
        refuse: true,
        ..Options::default()
    };
    let created = TestRoom::<Probe>::create(7, refused, Limits::default());
    assert!(created.unwrap_err().to_string().contains("not today"));
    let created = TestRoom::<Probe>::create(7, "no object", Limits::default());
    assert!(created.unwrap_err().to_string().contains("do not fit"));
}

#[test]
fn too_many_timers_and_futures_close_the_room() {
    quiet_panics();
    let limits = Limits {
        timers_max: 3,
        spawned_max: 3,
        ..Limits::default()
    };
    for (input, hint) in [
        (Input::After(9_999), "timers_max"),
        (Input::Spawn(1), "spawned_max"),
    ] {
        let created = TestRoom::<Probe>::create(7, Options::default(), limits.clone());
        let mut room = created.unwrap();
        let ann = room.join();
        for _ in 0..3 {
            room.send(ann, &input);
        }
        room.tick(1);
        assert_eq!(*room.room_state(), RoomState::Running);
        if hint == "spawned_max" {
            // Those that came back make room.
            room.tick(1);
            assert!(room.state().notes.contains(&Note::Spawned(2)));
        }
        for _ in 0..4 {
            room.send(ann, &input);
        }
        room.tick(1);
        let RoomState::Failed { message, .. } = room.room_state() else {
            panic!("{hint}")
        };
        assert!(message.contains(hint), "{message}");
    }
}

#[test]
fn a_room_ends_with_its_last_seat() {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        ..Options::default()
    });
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    room.leave(ann);
    room.tick(1);
    room.drop_connection(bob);
    room.tick(10);
    assert_eq!(*room.room_state(), RoomState::Running, "a held seat counts");
    room.tick(20);
    assert_eq!(*room.room_state(), RoomState::Disposed);
    assert_eq!(room.state().notes.last(), Some(&Note::Dispose));
}

#[test]
fn a_room_to_which_nobody_comes_ends() {
    let mut room = probe(&Options::default());
    room.tick(300);
    assert_eq!(*room.room_state(), RoomState::Running);
    room.tick(1);
    assert_eq!(*room.room_state(), RoomState::Disposed, "after 15 s");

    let mut room = probe(&Options::default());
    room.reserve(Options::default(), None).unwrap();
    room.tick(300);
    assert_eq!(
        *room.room_state(),
        RoomState::Running,
        "a reservation counts"
    );
    room.tick(1);
    assert_eq!(*room.room_state(), RoomState::Disposed, "until it expires");
}

#[test]
fn a_room_may_stay_without_anybody() {
    let mut room = probe(&Options {
        stay: true,
        ..Options::default()
    });
    let ann = room.join();
    room.tick(1);
    room.leave(ann);
    room.tick(1_000);
    assert_eq!(*room.room_state(), RoomState::Running);
}
