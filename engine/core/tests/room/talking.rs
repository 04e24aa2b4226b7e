//! What clients hear, and in which order.

use downbeat::host::Received;
use downbeat::testing::TestRoom;
use downbeat::{GroupId, SessionId};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::server::ServerMessage;

use crate::probe::{Event, Input, Note, Options, Probe, probe};

fn kinds(room: &TestRoom<Probe>, session: SessionId) -> String {
    let messages = room.client(session).messages().iter();
    let kinds = messages.map(|bytes| match ServerMessage::decode(bytes).unwrap() {
        ServerMessage::Welcome(_) => "welcome",
        ServerMessage::Snapshot { .. } => "snapshot",
        ServerMessage::Patch { .. } => "patch",
        ServerMessage::Event { .. } => "event",
        ServerMessage::RawEvent { .. } => "raw",
        ServerMessage::Pong { .. } => "pong",
    });
    kinds.collect::<Vec<_>>().join(" ")
}

#[test]
fn welcome_then_events_then_rows() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.send(ann, &Input::Shout(vec![1]));
    room.tick(1);
    assert_eq!(kinds(&room, ann), "welcome event raw snapshot");
    room.reconnect(ann).unwrap();
    room.send(ann, &Input::Say("back".to_owned()));
    room.tick(1);
    let again = "welcome event event snapshot";
    assert_eq!(
        kinds(&room, ann),
        format!("welcome event raw snapshot {again}")
    );
}

#[test]
fn a_quiet_room_says_nothing() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(4);
    let before = room.client(ann).messages().len();
    room.tick(3);
    assert_eq!(room.client(ann).messages().len(), before);
}

#[test]
fn an_applied_input_is_told_even_if_nothing_changed() {
    let mut room = probe(&Options::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(4);
    let heard = |room: &TestRoom<Probe>, who| room.client(who).messages().len();
    let before = (heard(&room, ann), heard(&room, bob));
    room.send_bytes(ann, b"no row changes");
    room.tick(1);
    assert_eq!(
        (heard(&room, ann), heard(&room, bob)),
        (before.0 + 1, before.1)
    );
    assert_eq!(room.client(ann).acked(), 1);
    let last = room.client(ann).messages().last().unwrap();
    let decoded = ServerMessage::decode(last);
    assert!(
        matches!(decoded, Ok(ServerMessage::Patch { rows: [], .. })),
        "{decoded:?}"
    );
}

#[test]
fn each_event_has_its_audience() {
    let mut room = probe(&Options {
        hold_ms: 1_000,
        ..Options::default()
    });
    let (ann, bob, cid) = (room.join(), room.join(), room.join());
    room.send(bob, &Input::Watch(GroupId(3)));
    room.tick(1);
    for who in [ann, bob, cid] {
        assert_eq!(room.events(who), [Event::Hello]);
    }
    let text = || "hm".to_owned();
    let said = Event::Said(ann, text());
    let group = Event::Group(GroupId(3));
    let mut check = |input: Input, expected: [&[Event]; 3]| {
        room.send(ann, &input);
        room.tick(1);
        for (who, expected) in [ann, bob, cid].into_iter().zip(expected) {
            assert_eq!(room.events(who), expected, "{input:?}");
        }
    };
    let (one, none) = (&[said][..], &[][..]);
    check(Input::Say(text()), [one, one, one]);
    check(Input::SayToOthers(text()), [none, one, one]);
    check(Input::Whisper(cid, text()), [none, none, one]);
    check(Input::Whisper(SessionId(99), text()), [none, none, none]);
    check(Input::TellGroup(GroupId(3)), [none, &[group], none]);
    check(Input::TellGroup(GroupId(4)), [none, none, none]);
}

#[test]
fn who_is_sent_away_hears_what_was_said_before_and_not_after() {
    let mut room = probe(&Options::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    room.events(ann);
    room.events(bob);
    room.send(ann, &Input::Say("before".to_owned()));
    room.send(ann, &Input::Kick(bob));
    room.send(ann, &Input::Say("after".to_owned()));
    room.tick(1);
    let said = |text: &str| Event::Said(ann, text.to_owned());
    assert_eq!(room.events(bob), [said("before")]);
    assert_eq!(
        room.events(ann),
        [said("before"), Event::Left(bob), said("after")]
    );
    let closed = room.client(bob).closed();
    assert_eq!(closed, Some((CloseCode::Kicked, "sent away")));
}

#[test]
fn a_newcomer_does_not_hear_what_was_said_before() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Say("before".to_owned()));
    let bob = room.join();
    room.send(ann, &Input::Say("after".to_owned()));
    room.tick(1);
    let after = Event::Said(ann, "after".to_owned());
    assert_eq!(room.events(bob), [Event::Hello, after]);
}

#[test]
fn everybody_can_be_sent_away_at_once() {
    let mut room = probe(&Options::default());
    let clients = [room.join(), room.join(), room.join()];
    room.tick(1);
    room.send(clients[1], &Input::KickAll);
    room.tick(1);
    for client in clients {
        let closed = room.client(client).closed();
        assert_eq!(closed, Some((CloseCode::Kicked, "all of you")));
    }
    let leaves = room.state().notes.iter();
    let leaves = leaves.filter(|note| matches!(note, Note::Leave(..)));
    assert_eq!(leaves.count(), 3);
}

#[test]
fn events_are_bounded_per_tick() {
    let limits = Limits {
        events_bytes_max: 1_024,
        ..Limits::default()
    };
    let mut room = TestRoom::<Probe>::create(7, Options::default(), limits).unwrap();
    let ann = room.join();
    room.tick(1);
    room.take_counters();
    for _ in 0..3 {
        room.send(ann, &Input::Shout(vec![0; 500]));
    }
    room.tick(1);
    let counters = room.take_counters();
    assert_eq!((counters.events, counters.events_dropped), (2, 1));
    room.send(ann, &Input::Shout(vec![0; 500]));
    room.tick(1);
    assert_eq!(room.take_counters().events_dropped, 0, "each tick anew");
}

#[test]
fn a_flood_meets_the_mailbox_limits() {
    let limits = Limits {
        inbox_max: 16,
        inbox_per_client_max: 10,
        ..Limits::default()
    };
    let mut room = TestRoom::<Probe>::create(7, Options::default(), limits).unwrap();
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    let mut flood = |who, times| {
        let received = (0..times).map(|_| room.send(who, &Input::Run { dx: 1.0 }));
        received.collect::<Vec<_>>()
    };
    let per_client = Received::Dropped("inbox_per_client_max");
    let per_room = Received::Dropped("inbox_max");
    let expected = [vec![Received::Queued; 10], vec![per_client; 5]].concat();
    assert_eq!(flood(ann, 15), expected);
    let expected = [vec![Received::Queued; 6], vec![per_room; 2]].concat();
    assert_eq!(flood(bob, 8), expected);
    room.tick(1);
    let counters = room.take_counters();
    let dropped = (counters.inbox_per_client_dropped, counters.inbox_dropped);
    assert_eq!((counters.inputs, dropped), (16, (5, 2)));
    assert_eq!(
        room.send(ann, &Input::Draw),
        Received::Queued,
        "each tick anew"
    );
}

#[test]
fn what_is_no_input_is_refused_when_it_comes() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    let mut check = |payload: &[u8]| {
        let seq = 1;
        let received = room.send_message(ann, ClientMessage::Input { seq, payload });
        assert!(matches!(received, Received::Malformed(_)), "{received:?}");
    };
    check(b"");
    check(b"\xa4Jump");
    check(&[0x91; 300]);
    let deep = (0..40).fold(Input::Draw, |inner, _| Input::Deep(vec![inner]));
    check(&rmp_serde::to_vec_named(&deep).unwrap());
    let flat = (0..5).fold(Input::Draw, |inner, _| Input::Deep(vec![inner]));
    assert_eq!(room.send(ann, &flat), Received::Queued);
    assert_eq!(room.take_counters().malformed, 4);
}

#[test]
fn a_ping_is_answered_with_the_clock_of_the_room() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(21);
    let pong = Received::Pong {
        client_time_us: 5,
        server_time_us: 1_000_000,
    };
    assert_eq!(
        room.send_message(ann, ClientMessage::Ping { client_time_us: 5 }),
        pong
    );
}

#[test]
fn a_slow_reader_is_spared_and_then_told_everything() {
    let mut room = probe(&Options::default());
    let (ann, bob) = (room.join(), room.join());
    room.tick(4);
    let seated = room.any().seated();
    let seat = seated
        .iter()
        .find(|seated| seated.session == bob)
        .unwrap()
        .seat;
    room.any().pause(seat);
    room.send(ann, &Input::Run { dx: 4.0 });
    room.tick(1);
    let before = kinds(&room, bob);
    room.any().resync(seat);
    room.tick(1);
    assert_eq!(kinds(&room, bob), format!("{before} snapshot"));
    let rows = room.view(bob).rows("players").unwrap();
    assert_eq!(rows, room.view(ann).rows("players").unwrap());
}
