//! What becomes of holds, tickets and those who wait.

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::{Counts, Embedded, FindError, Found, Mode, Registry};
use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::{Answer, Flag, find, hold, now_or_never, poll, query, record, ticket};

const START: Timestamp = Timestamp(1_000);

fn registry() -> Embedded {
    Embedded::new(&Limits::default())
}

fn after_ms(time_ms: u64) -> Timestamp {
    START.after(Duration::from_millis(time_ms))
}

fn is_nothing(registry: &Embedded) -> bool {
    matches!(find(registry, Mode::Join, START), Found::Nothing)
}

/// A request that has to wait, polled once.
fn wait(registry: &Embedded) -> (Answer, Arc<Flag>) {
    let flag = Arc::default();
    let mut answer = registry.find(query(Mode::JoinOrCreate), START);
    assert!(poll(&mut answer, &flag).is_none());
    (answer, flag)
}

/// The answer of a request that was woken.
fn answered((mut answer, flag): (Answer, Arc<Flag>)) -> Result<Found, FindError> {
    assert!(flag.is_up());
    poll(&mut answer, &flag).expect("who is woken has an answer")
}

#[test]
fn a_held_seat_is_free_again_when_the_hold_is_dropped() {
    let registry = registry();
    registry.publish(record(1, 1), Vec::new(), None);
    let held = hold(find(&registry, Mode::Join, START));
    assert_eq!(held.room(), RoomId(1));
    assert!(is_nothing(&registry));
    drop(held);
    drop(hold(find(&registry, Mode::Join, START)));
}

#[test]
fn a_settled_hold_counts_once() {
    let registry = registry();
    registry.publish(record(1, 2), Vec::new(), None);
    let held = hold(find(&registry, Mode::Join, START));
    let mut joined = record(1, 2);
    joined.clients = 1;
    registry.publish(joined, vec![held], None);
    let _second = hold(find(&registry, Mode::Join, START));
    assert!(is_nothing(&registry));
}

#[test]
fn a_hold_expires_with_the_matchmaking_request() {
    let registry = registry();
    registry.publish(record(1, 1), Vec::new(), None);
    let late = hold(find(&registry, Mode::Join, START));
    registry.expire(after_ms(4_999));
    assert!(is_nothing(&registry));
    registry.expire(after_ms(5_000));
    let held = hold(find(&registry, Mode::Join, START));
    assert_eq!(registry.counts().holds_expired, 1);

    // The late end of an expired hold takes nothing from the one that followed.
    drop(late);
    assert!(is_nothing(&registry));
    drop(held);
}

#[test]
fn holds_end_with_their_room() {
    let registry = registry();
    registry.publish(record(1, 2), Vec::new(), None);
    let old = hold(find(&registry, Mode::Join, START));
    registry.withdraw(RoomId(1));
    assert_eq!(registry.counts(), Counts::default());
    registry.publish(record(1, 1), vec![old], None);
    drop(hold(find(&registry, Mode::Join, START)));
}

#[test]
fn those_who_wait_get_the_seats_of_the_new_room_in_their_order() {
    let registry = registry();
    let creating = ticket(find(&registry, Mode::JoinOrCreate, START));
    let [first, second, third] = [(); 3].map(|()| wait(&registry));
    registry.publish(record(1, 2), Vec::new(), None);
    let _seats = [first, second].map(|request| hold(answered(request).unwrap()));
    assert!(!third.1.is_up());
    drop(creating);
    drop(ticket(answered(third).unwrap()));
}

#[test]
fn a_failed_or_late_creation_passes_on() {
    let registry = registry();
    let failing = ticket(find(&registry, Mode::JoinOrCreate, START));
    let [next, last] = [(); 2].map(|()| wait(&registry));
    drop(failing);
    let late = ticket(answered(next).unwrap());
    registry.expire(after_ms(4_999));
    assert!(!last.1.is_up());
    registry.expire(after_ms(5_000));
    let creating = ticket(answered(last).unwrap());
    assert_eq!(registry.counts().tickets_expired, 1);

    // The late end of an expired ticket does not end the one that followed.
    drop(late);
    let _waits = wait(&registry);
    drop(creating);
}

#[test]
fn who_gives_up_leaves_the_answer_to_the_next() {
    let registry = registry();
    let creating = ticket(find(&registry, Mode::JoinOrCreate, START));
    let [gives_up, answered_but_gone, last] = [(); 3].map(|()| wait(&registry));
    drop(gives_up);
    assert_eq!(registry.counts().waiting, 2);
    registry.publish(record(1, 1), Vec::new(), None);
    assert!(answered_but_gone.1.is_up() && !last.1.is_up());
    drop(answered_but_gone);
    drop(hold(answered(last).unwrap()));
    drop(creating);
    assert_eq!(
        registry.counts(),
        Counts {
            rooms: 1,
            ..Counts::default()
        }
    );
}

#[test]
fn stopped_means_no_more_finds() {
    let registry = registry();
    let creating = ticket(find(&registry, Mode::JoinOrCreate, START));
    let waits = wait(&registry);
    registry.stop();
    assert_eq!(answered(waits).unwrap_err(), FindError::Stopped);
    registry.publish(record(1, 1), Vec::new(), None);
    drop(creating);
    let refused = now_or_never(registry.find(query(Mode::Join), START));
    assert_eq!(refused.unwrap_err(), FindError::Stopped);
    assert!(now_or_never(registry.locate(RoomId(1))).unwrap().is_some());
}

#[test]
fn too_many_who_wait_are_refused() {
    let mut limits = Limits::default();
    limits.set("finds_waiting_max", 1).unwrap();
    let registry = Embedded::new(&limits);
    let _creating = ticket(find(&registry, Mode::JoinOrCreate, START));
    let _waits = wait(&registry);
    let refused = now_or_never(registry.find(query(Mode::JoinOrCreate), START));
    assert_eq!(refused.unwrap_err(), FindError::Crowded { waiting: 1 });
    assert_eq!(registry.counts().finds_refused, 1);
}

#[test]
fn lists_show_locked_rooms_and_hide_private_ones() {
    let registry = registry();
    let mut locked = record(2, 1);
    locked.locked = true;
    let mut private = record(3, 1);
    private.private = true;
    let mut chat = record(4, 1);
    chat.name = "chat".into();
    for room in [chat, private, locked, record(1, 1)] {
        registry.publish(room, Vec::new(), None);
    }
    let list = |name| -> Vec<(u64, bool)> {
        let rooms = now_or_never(registry.list(name)).into_iter();
        rooms.map(|room| (room.room_id.0, room.locked)).collect()
    };
    assert_eq!(list(None), [(1, false), (2, true), (4, false)]);
    assert_eq!(list(Some("arena")), [(1, false), (2, true)]);
    assert_eq!(list(Some("none")), []);
    let private = now_or_never(registry.locate(RoomId(3))).unwrap();
    assert_eq!(private.unwrap().room, RoomId(3));
    assert_eq!(now_or_never(registry.locate(RoomId(9))), Ok(None));
}
