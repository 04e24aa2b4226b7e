//! How sessions come, stay and go.

use downbeat::SessionId;
use downbeat::host::{ConnectError, Received, ReserveError};
use downbeat::testing::TestRoom;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken};

use crate::probe::{Event, Input, Note, Options, Probe, probe};

const STAY: Options = Options {
    hold_ms: 0,
    panic_in: String::new(),
    refuse: false,
    stay: true,
};

/// What happens to the only client of a room, in order.
#[derive(Clone, Copy)]
enum Do {
    Reserve,
    Claim,
    Tick,
    Wait,
    Send,
    Kick,
    Drop,
    Reconnect,
    Leave,
    Dispose,
    ShutDown,
}

/// Runs a story and compares the names of the hooks that were called with it.
fn check(hold_ms: u64, story: &[Do], hooks: &str, closed: Option<CloseCode>) {
    let mut room = probe(&Options { hold_ms, ..STAY });
    let mut session = SessionId(0);
    for happening in story {
        match happening {
            Do::Reserve => session = room.reserve(Options::default(), None).unwrap(),
            Do::Claim => room.claim(session).unwrap(),
            Do::Tick => room.tick(1),
            Do::Wait => room.tick(40),
            Do::Send => drop(room.send(session, &Input::Run { dx: 1.0 })),
            Do::Kick => drop(room.send(session, &Input::Kick(session))),
            Do::Drop => room.drop_connection(session),
            Do::Reconnect => room.reconnect(session).unwrap(),
            Do::Leave => room.leave(session),
            Do::Dispose => drop(room.send(session, &Input::Dispose)),
            Do::ShutDown => room.shut_down(),
        }
    }
    assert_eq!(called(&room), hooks);
    let found = room.client(session).closed().map(|(code, _)| code);
    assert_eq!(found, closed, "after {hooks}");
}

fn called(room: &TestRoom<Probe>) -> String {
    let notes = room.state().notes.iter();
    let names = notes.map(|note| match note {
        Note::Leave(_, why) => format!("leave:{why}"),
        note => {
            let shown = format!("{note:?}").to_lowercase();
            shown.split('(').next().unwrap().to_owned()
        }
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_way_in_has_one_way_out() {
    use Do::*;
    let consented = Some(CloseCode::Consented);
    let check = |story: &[Do], hooks, closed| check(1_000, story, hooks, closed);
    check(
        &[Reserve, Claim, Tick, Leave, Tick],
        "join leave:Consented",
        consented,
    );
    check(&[Reserve, Claim, Leave, Tick], "", consented);
    check(&[Reserve, Claim, Drop, Tick], "", None);
    check(&[Reserve, Claim, Tick, Drop, Tick], "join drop", None);
    check(
        &[Reserve, Claim, Tick, Drop, Wait],
        "join drop leave:Dropped",
        None,
    );
    check(
        &[Reserve, Claim, Tick, Leave, Drop, Tick],
        "join leave:Consented",
        None,
    );
    check(
        &[Reserve, Claim, Tick, Leave, Send, Tick],
        "join leave:Consented",
        consented,
    );
    let kicked = Some(CloseCode::Kicked);
    check(
        &[Reserve, Claim, Tick, Kick, Send, Tick],
        "join input leave:Kicked",
        kicked,
    );
    check(
        &[Reserve, Claim, Tick, Send, Drop, Tick],
        "join input drop",
        None,
    );
    let ended = Some(CloseCode::RoomDisposed);
    let story = &[Reserve, Claim, Tick, Dispose, Tick, Tick, ShutDown];
    check(story, "join input leave:Disposed dispose", ended);
    let shut = Some(CloseCode::ServerShutdown);
    check(
        &[Reserve, Claim, Tick, ShutDown, Tick],
        "join leave:ShuttingDown dispose",
        shut,
    );
    check(&[Reserve, Claim, ShutDown], "dispose", shut);
    let story = &[Reserve, Claim, Tick, Drop, Tick, ShutDown];
    check(story, "join drop leave:ShuttingDown dispose", None);
}

#[test]
fn a_seat_that_is_not_held_is_lost_at_once() {
    use Do::*;
    check(
        0,
        &[Reserve, Claim, Tick, Drop, Tick],
        "join drop leave:Dropped",
        None,
    );
}

#[test]
fn a_client_comes_back() {
    use Do::*;
    let check = |story: &[Do], hooks| check(1_000, story, hooks, None);
    let story = &[Reserve, Claim, Tick, Drop, Tick, Reconnect, Tick];
    check(story, "join drop reconnect");
    // Faster than a tick: the room sees the new connection only.
    check(
        &[Reserve, Claim, Tick, Drop, Reconnect, Tick],
        "join reconnect",
    );
    let story = &[Reserve, Claim, Tick, Drop, Reconnect, Drop, Tick];
    check(story, "join drop");
    // So short a visit that the room never hears of it: the seat stays held as it was.
    let story = &[Reserve, Claim, Tick, Drop, Tick, Reconnect, Drop, Tick];
    check(story, "join drop");
    let story = &[
        Reserve, Claim, Tick, Drop, Tick, Reconnect, Drop, Reconnect, Tick,
    ];
    check(story, "join drop reconnect");
    let story = &[Reserve, Claim, Tick, Drop, Tick, Reconnect, Drop, Wait];
    check(story, "join drop leave:Dropped");
    // Holding starts anew with each lost connection.
    let story = &[
        Reserve, Claim, Tick, Drop, Tick, Reconnect, Wait, Drop, Tick,
    ];
    check(story, "join drop reconnect drop");
}

#[test]
fn what_was_sent_before_a_drop_is_applied_before_it() {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        ..STAY
    });
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Run { dx: 2.0 });
    room.drop_connection(ann);
    room.reconnect(ann).unwrap();
    room.send(ann, &Input::Run { dx: 3.0 });
    room.tick(1);
    assert_eq!(called(&room), "join input reconnect input");
    assert_eq!(room.state().players.get(&ann).unwrap().x, 5.0);
    assert_eq!(room.client(ann).acked(), 2);
}

#[test]
fn a_live_connection_is_replaced() {
    let mut room = probe(&STAY);
    let ann = room.join();
    room.tick(1);
    let before = room.client(ann).token();
    room.reconnect(ann).unwrap();
    let closed = room.client(ann).closed().map(|(code, _)| code);
    assert_eq!(closed, Some(CloseCode::Replaced));
    room.tick(1);
    assert!(room.client(ann).is_connected());
    assert_ne!(
        room.client(ann).token(),
        before,
        "each Welcome brings a fresh token"
    );
    let now = room.now();
    assert_eq!(room.any().can_reconnect(now, before.unwrap()), None);
}

#[test]
fn a_token_opens_its_seat_once_and_not_for_ever() {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        ..STAY
    });
    let ann = room.join();
    let token = |room: &TestRoom<Probe>| room.client(ann).token();
    assert_eq!(token(&room), None);
    room.tick(1);
    let first = token(&room).unwrap();
    let now = room.now();
    assert_eq!(room.any().can_reconnect(now, first), Some(ann));
    room.drop_connection(ann);
    room.tick(1);
    assert_eq!(room.any().can_reconnect(now, first), Some(ann));
    room.reconnect(ann).unwrap();
    room.reconnect(ann).unwrap();
    room.tick(1);
    let now = room.now();
    assert_eq!(
        room.any().can_reconnect(now, first),
        None,
        "used up by the Welcome"
    );
    let (other, connection) = (ReconnectionToken(9), ConnectionId(9));
    let refused = room.any().reconnect(now, ann, first, other, connection);
    assert_eq!(refused, Err(ConnectError::WrongToken(ann)));
    room.drop_connection(ann);
    room.tick(40);
    assert_eq!(room.reconnect(ann), Err(ConnectError::NoSeat(ann)));
}

#[test]
fn a_reservation_is_claimed_once_and_in_time() {
    let mut room = probe(&STAY);
    let ann = room.reserve(Options::default(), None).unwrap();
    room.tick(300);
    let bob = room.reserve(Options::default(), None).unwrap();
    assert_eq!(room.claim(ann), Ok(()), "14.95 s later");
    assert_eq!(room.claim(ann), Err(ConnectError::Claimed(ann)));
    room.tick(301);
    assert_eq!(
        room.claim(bob),
        Err(ConnectError::NoSeat(bob)),
        "15.05 s later"
    );
    assert_eq!(room.take_counters().reservations_expired, 1);
    assert_eq!(
        room.claim(SessionId(99)),
        Err(ConnectError::NoSeat(SessionId(99)))
    );
}

#[test]
fn a_room_takes_as_many_as_it_has_seats() {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        ..STAY
    });
    let sessions: Vec<_> = (0..5).map(|_| room.join()).collect();
    let reserved = room.reserve(Options::default(), None).unwrap();
    room.tick(1);
    let full = |room: &mut TestRoom<Probe>| room.reserve(Options::default(), None).err();
    assert_eq!(full(&mut room), Some(ReserveError::Full { clients_max: 6 }));
    let summary = room.summary().unwrap();
    assert_eq!((summary.clients, summary.locked), (6, false));
    assert!(!summary.joinable());
    room.drop_connection(sessions[0]);
    room.tick(1);
    assert!(full(&mut room).is_some(), "a held seat is taken");
    room.leave(sessions[1]);
    room.tick(1);
    assert!(
        room.summary().unwrap().joinable(),
        "a full room opens by itself"
    );
    assert_eq!(room.summary(), None, "nothing changed since");
    assert_eq!(full(&mut room), None);
    assert_eq!(room.claim(reserved), Ok(()));
}

#[test]
fn a_locked_room_takes_nobody() {
    let mut room = probe(&STAY);
    let ann = room.join();
    room.send(ann, &Input::Lock(true));
    room.tick(1);
    assert_eq!(
        room.reserve(Options::default(), None),
        Err(ReserveError::Locked)
    );
    assert!(room.summary().unwrap().locked);
    room.send(ann, &Input::Lock(false));
    room.tick(1);
    assert!(room.reserve(Options::default(), None).is_ok());
}

#[test]
fn the_listing_is_what_the_game_says() {
    let mut room = probe(&STAY);
    let ann = room.join();
    room.send(ann, &Input::Private(true));
    room.send(ann, &Input::Metadata("map 7".to_owned()));
    room.send(ann, &Input::ClientsMax(1));
    room.send(ann, &Input::Metadata("x".repeat(5_000)));
    room.tick(1);
    let summary = room.summary().unwrap();
    assert!(summary.private && !summary.joinable());
    assert_eq!(*summary.metadata, "map 7", "what is too large is not taken");
}

#[test]
fn a_refused_client_never_was_there() {
    let mut room = probe(&STAY);
    let ann = room.join();
    room.tick(1);
    room.events(ann);
    let refuse = Options {
        refuse: true,
        ..STAY
    };
    let bob = room.join_with(refuse, None).unwrap();
    room.send(bob, &Input::Say("hello".to_owned()));
    room.tick(1);
    assert_eq!(called(&room), "join refuse");
    let (code, reason) = room.client(bob).closed().unwrap();
    assert_eq!(
        (code, reason),
        (CloseCode::JoinRefused, "you are not on the list")
    );
    assert!(room.client(bob).messages().is_empty(), "not even a Welcome");
    assert_eq!(room.events(ann), []);
    let counters = room.take_counters();
    assert_eq!(
        (counters.joins, counters.joins_refused, counters.leaves),
        (1, 1, 0)
    );
}

#[test]
fn options_that_do_not_fit_are_refused_at_once() {
    let mut room = probe(&STAY);
    let refused = room.reserve(serde_json::json!({ "colour": 1 }), None);
    let Err(ReserveError::Options(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("colour"), "{why}");
}

#[test]
fn a_former_connection_reaches_nobody() {
    let mut room = probe(&STAY);
    let ann = room.join();
    room.tick(1);
    let former = room.any().seated()[0].seat;
    room.reconnect(ann).unwrap();
    let now = room.now();
    let leave = downbeat_schemas::client::ClientMessage::Leave;
    assert_eq!(room.any().receive(now, former, leave), Received::Ignored);
    room.any().disconnect(now, former, true);
    room.tick(1);
    assert_eq!(called(&room), "join reconnect");
    assert_eq!(room.events(ann), [Event::Hello, Event::Hello]);
}
