//! Rooms that talk through topics, and what they share beside it.

use downbeat::host::{Received, RoomState};
use downbeat::presence::PresenceError;
use downbeat::presence::testing::answer;
use downbeat::testing::TestRoom;
use downbeat_schemas::limits::Limits;

use crate::probe::{Input, Note, Options, Probe, probe, topic};

/// What a room was told by its topics.
fn heard(room: &TestRoom<Probe>) -> Vec<(String, Vec<u8>)> {
    let notes = room.state().notes.iter();
    let heard = notes.filter_map(|note| match note {
        Note::Message(topic, payload) => Some((topic.clone(), payload.clone())),
        _ => None,
    });
    heard.collect()
}

fn message(number: u32, payload: &[u8]) -> (String, Vec<u8>) {
    (topic(number), payload.to_vec())
}

#[test]
fn two_rooms_talk_through_a_topic() {
    let mut one = probe(&Options::default());
    let mut other = one.beside::<Probe>(8, Options::default());
    let (ann, bob) = (one.join(), other.join());
    one.tick(1);
    other.tick(1);
    one.send(ann, &Input::Subscribe(1));
    other.send(bob, &Input::Subscribe(1));
    other.send(bob, &Input::Subscribe(2));
    one.tick(1);
    other.tick(1);
    one.send(ann, &Input::Publish(1, vec![1]));
    one.send(ann, &Input::Publish(2, vec![2]));
    one.send(ann, &Input::Publish(1, vec![3]));
    one.tick(2);
    other.tick(1);
    assert_eq!(heard(&one), [message(1, &[1]), message(1, &[3])]);
    let expected = [message(1, &[1]), message(2, &[2]), message(1, &[3])];
    assert_eq!(heard(&other), expected);
    let counters = (one.take_counters(), other.take_counters());
    assert_eq!((counters.0.published, counters.1.messages), (3, 3));
}

#[test]
fn programs_and_rooms_hear_each_other() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Subscribe(1));
    room.tick(1);
    let presence = room.presence();
    let mut subscription = answer(presence.subscribe("topic 2")).unwrap();
    answer(presence.publish("topic 1", b"to the room")).unwrap();
    room.send(ann, &Input::Publish(2, b"from the room".to_vec()));
    room.tick(1);
    assert_eq!(heard(&room), [message(1, b"to the room")]);
    let message = subscription.try_next().unwrap();
    assert_eq!(*message.payload, *b"from the room");
}

#[test]
fn a_room_that_was_thawed_hears_what_it_heard() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Subscribe(1));
    room.tick(1);
    // One waits in the mailbox when the room is frozen, one comes later.
    let hear = room
        .any()
        .hear(downbeat_schemas::time::Timestamp(0), "topic 1", b"one");
    assert_eq!(hear, Received::Queued);
    room.freeze_and_thaw();
    room.presence().tell("topic 1", b"two").unwrap();
    room.tick(1);
    assert_eq!(heard(&room), [message(1, b"one"), message(1, b"two")]);
}

#[test]
fn what_is_heard_no_more_does_not_come() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Subscribe(1));
    room.tick(1);
    room.presence().tell("topic 2", b"never heard").unwrap();
    room.send(ann, &Input::Unsubscribe(1));
    // Behind the letter that makes the room deaf.
    room.presence().tell("topic 1", b"too late").unwrap();
    room.tick(2);
    room.presence().tell("topic 1", b"much too late").unwrap();
    room.tick(1);
    assert_eq!(heard(&room), []);
}

#[test]
fn a_flood_of_a_topic_is_bounded() {
    let limits = Limits {
        topics_max: 2,
        topic_messages_max: 16,
        ..Limits::default()
    };
    let mut room = TestRoom::<Probe>::create(7, Options::default(), limits).unwrap();
    let ann = room.join();
    room.tick(1);
    for number in 0..3 {
        room.send(ann, &Input::Subscribe(number));
    }
    room.tick(1);
    assert_eq!(room.take_counters().topics_refused, 1);
    for number in 0..20_u8 {
        room.presence().tell("topic 1", &[number]).unwrap();
        room.presence().tell("topic 2", &[number]).unwrap();
    }
    room.tick(1);
    let counters = room.take_counters();
    assert_eq!((counters.messages, counters.messages_dropped), (16, 4));
    let first: Vec<_> = (0..16).map(|number| message(1, &[number])).collect();
    assert_eq!(heard(&room), first, "the third topic was refused");
    room.presence().tell("topic 1", b"").unwrap();
    room.tick(1);
    assert_eq!(heard(&room).len(), 17, "each tick anew");
}

#[test]
fn published_bytes_are_bounded_per_tick() {
    let limits = Limits {
        events_bytes_max: 1_024,
        presence_message_bytes_max: 600,
        ..Limits::default()
    };
    let mut room = TestRoom::<Probe>::create(7, Options::default(), limits).unwrap();
    let ann = room.join();
    room.tick(1);
    room.take_counters();
    let mut subscription = answer(room.presence().subscribe("topic 1")).unwrap();
    for len in [601, 500, 500, 500] {
        room.send(ann, &Input::Publish(1, vec![7; len]));
    }
    room.tick(1);
    let counters = room.take_counters();
    assert_eq!((counters.published, counters.events_dropped), (2, 1));
    assert_eq!(counters.published_too_large, 1);
    assert_eq!(subscription.try_next().unwrap().payload.len(), 500);
    assert!(subscription.try_next().is_some() && subscription.try_next().is_none());
}

#[test]
fn a_room_that_ended_hears_nothing() {
    let mut room = probe(&Options {
        panic_in: "on_message".to_owned(),
        ..Options::default()
    });
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Subscribe(1));
    room.tick(1);
    room.presence().tell("topic 1", b"").unwrap();
    room.tick(1);
    assert!(matches!(room.room_state(), RoomState::Failed { .. }));
    let now = room.now();
    assert_eq!(room.any().hear(now, "topic 1", b""), Received::Ignored);
    room.presence().tell("topic 1", b"").unwrap();
    room.tick(1);
}

#[test]
fn hooks_have_the_presence_of_their_test_and_none_in_a_replay() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.tick(1);
    room.send(ann, &Input::Count);
    room.tick(2);
    assert_eq!(answer(room.presence().counter("counted").value()), Ok(1));
    let counted = |room: &TestRoom<Probe>| room.state().notes.last().cloned();
    assert_eq!(counted(&room), Some(Note::Spawned(1)));
    // A room without anything around it.
    room.send(ann, &Input::Count);
    let deadline = room.any().deadline();
    room.any().step(deadline);
    room.tick(2);
    assert_eq!(counted(&room), Some(Note::Spawned(0)));
    let error = answer(downbeat::presence::Presence::nowhere().counter("").value());
    assert!(matches!(error, Err(PresenceError::Unavailable(_))));
}
