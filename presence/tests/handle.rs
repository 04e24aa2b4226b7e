//! The handle on an embedded presence: what a program sees of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use downbeat_presence::testing::{answer, presence};
use downbeat_presence::{Presence, PresenceError};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

fn small() -> Presence {
    let limits = Limits {
        presence_key_bytes_max: 16,
        presence_value_bytes_max: 16,
        presence_message_bytes_max: 16,
        presence_messages_max: 3,
        presence_subscriptions_max: 2,
        presence_expiry_max_ms: 1_000,
        ..Limits::default()
    };
    Presence::embedded(&limits, || Timestamp(0))
}

#[test]
fn each_subscription_gets_each_message_once_its_publishers_own_too() {
    let (presence, _) = presence();
    let mut subscriptions = [0; 3].map(|_| answer(presence.subscribe("goals")).unwrap());
    let mut fouls = answer(presence.subscribe("fouls")).unwrap();
    for goal in ["one", "two"] {
        answer(presence.publish("goals", goal.as_bytes())).unwrap();
    }
    presence.tell("goals", b"three").unwrap();
    for subscription in &mut subscriptions {
        assert_eq!(subscription.topic(), "goals");
        for goal in ["one", "two", "three"] {
            let message = answer(subscription.next()).unwrap();
            assert_eq!((&*message.payload, message.missed), (goal.as_bytes(), 0));
        }
        assert_eq!(subscription.try_next(), None);
    }
    assert_eq!(fouls.try_next(), None);
}

#[test]
fn a_full_subscription_tells_what_it_missed() {
    let presence = small();
    let mut subscription = answer(presence.subscribe("topic")).unwrap();
    for number in 0..8_u8 {
        presence.tell("topic", &[number]).unwrap();
    }
    for expected in [0, 1, 2] {
        let message = subscription.try_next().unwrap();
        assert_eq!((message.payload[0], message.missed), (expected, 0));
    }
    assert_eq!(subscription.try_next(), None);
    presence.tell("topic", &[8]).unwrap();
    let message = subscription.try_next().unwrap();
    assert_eq!((message.payload[0], message.missed), (8, 5));
    let hits: Vec<_> = presence.take_limit_hits().collect();
    assert_eq!(hits, [("presence_messages_max", 5)]);
    assert_eq!(presence.take_limit_hits().count(), 0);
}

#[test]
fn what_is_too_large_is_refused_and_counted() {
    let (presence, long) = (small(), "seventeen bytes!!");
    let refused = [
        answer(presence.set(long).add("ann")).map(drop),
        answer(presence.set("set").add(long)).map(drop),
        answer(presence.hash("hash").set(long, b"")).map(drop),
        answer(presence.hash("hash").set("field", long.as_bytes())).map(drop),
        answer(presence.hash("hash").increment(long, 1)).map(drop),
        answer(presence.counter(long).value()).map(drop),
        answer(presence.remove(long)).map(drop),
        answer(presence.publish(long, b"")),
        answer(presence.publish("topic", long.as_bytes())),
        presence.tell("topic", long.as_bytes()),
        answer(presence.subscribe(long)).map(drop),
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        let PresenceError::TooLarge { bytes, max, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((bytes, max), (17, 16));
    }
    let hits = presence.take_limit_hits().map(|(_, times)| times);
    assert_eq!(hits.sum::<u64>(), 11);
}

#[test]
fn subscriptions_are_bounded_and_end_when_they_are_dropped() {
    let presence = small();
    let one = answer(presence.subscribe("topic")).unwrap();
    let _other = answer(presence.subscribe("other")).unwrap();
    let error = answer(presence.subscribe("topic")).unwrap_err();
    assert_eq!(error.limit(), Some("presence_subscriptions_max"));
    drop(one);
    let _again = answer(presence.subscribe("topic")).unwrap();
}

#[test]
fn a_future_does_nothing_before_it_is_polled() {
    let (presence, _) = presence();
    let counter = presence.counter("wins");
    drop(counter.increment(1));
    drop(presence.publish("goals", b""));
    assert_eq!(answer(counter.value()), Ok(0));
}

#[test]
fn a_key_lives_as_long_as_was_said() {
    let (presence, clock) = presence();
    let second = Duration::from_secs(1);
    let renewed = presence.counter("renewed").living(second);
    let once = presence.counter("once").living_once(second);
    let plain = presence.counter("plain");
    for _ in 0..3 {
        for counter in [&renewed, &once, &plain] {
            answer(counter.increment(1)).unwrap();
        }
        clock.pass(second / 2);
    }
    assert_eq!(answer(renewed.value()), Ok(3));
    assert_eq!(answer(once.value()), Ok(1), "one second, and then anew");
    assert_eq!(answer(presence.expire("plain", second)), Ok(true));
    clock.pass(second);
    assert_eq!(answer(plain.value()), Ok(0));
    assert_eq!(answer(presence.expire("plain", second)), Ok(false));
    answer(plain.increment(1)).unwrap();
    clock.pass(Duration::from_millis(
        Limits::default().presence_expiry_default_ms - 1,
    ));
    assert_eq!(answer(plain.value()), Ok(1));
    clock.pass(Duration::from_millis(1));
    assert_eq!(answer(plain.value()), Ok(0));
}

#[test]
fn a_longer_life_is_cut() {
    let (presence, clock) = presence();
    let week = Duration::from_millis(Limits::default().presence_expiry_max_ms);
    let forever = presence.set("forever").living(Duration::MAX);
    answer(forever.add("ann")).unwrap();
    clock.pass(week - Duration::from_millis(1));
    assert_eq!(answer(forever.len()), Ok(1));
    clock.pass(Duration::from_millis(1));
    assert_eq!(answer(forever.len()), Ok(0));
}

#[test]
fn keys_of_another_kind_are_told_apart() {
    let (presence, _) = presence();
    answer(presence.set("key").add("ann")).unwrap();
    let wrong = Err(PresenceError::WrongKind);
    assert_eq!(answer(presence.counter("key").increment(1)), wrong);
    assert_eq!(
        answer(presence.hash("key").all()),
        Err(PresenceError::WrongKind)
    );
    assert_eq!(answer(presence.remove("key")), Ok(true));
    assert_eq!(answer(presence.counter("key").increment(1)), Ok(1));
}

struct Rung(AtomicU32);

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn who_waits_is_woken_by_a_message_and_by_the_end() {
    let (presence, _) = presence();
    let rung = Arc::new(Rung(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&rung));
    let mut context = Context::from_waker(&waker);
    let mut subscription = answer(presence.subscribe("topic")).unwrap();
    let mut next = Box::pin(subscription.next());
    assert!(next.as_mut().poll(&mut context).is_pending());
    presence.tell("topic", b"word").unwrap();
    assert_eq!(rung.0.load(Ordering::Relaxed), 1);
    assert!(matches!(
        next.as_mut().poll(&mut context),
        Poll::Ready(Some(_))
    ));
    drop(next);
    let mut next = Box::pin(subscription.next());
    assert!(next.as_mut().poll(&mut context).is_pending());
    presence.close();
    assert_eq!(rung.0.load(Ordering::Relaxed), 2);
    assert_eq!(next.as_mut().poll(&mut context), Poll::Ready(None));
    let error = answer(presence.counter("wins").value()).unwrap_err();
    assert!(matches!(error, PresenceError::Unavailable(_)), "{error}");
    assert!(presence.tell("topic", b"word").is_err());
    assert!(answer(presence.subscribe("topic")).is_err());
}

#[test]
fn where_there_is_no_presence_everything_fails_with_words() {
    let nowhere = Presence::nowhere();
    let error = answer(nowhere.counter("wins").increment(1)).unwrap_err();
    assert!(error.to_string().contains("replay"), "{error}");
    assert!(nowhere.tell("topic", b"").is_err());
    assert!(answer(nowhere.publish("topic", b"")).is_err());
    assert!(answer(nowhere.subscribe("topic")).is_err());
}
