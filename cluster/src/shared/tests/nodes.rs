//! Several nodes of one process and one real server.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use downbeat_schemas::id::{RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::node::{Node, RedisStore, block_on, location, wait_until};
use super::owner;
use super::redis::{Client, Server};
use crate::record::tests::record;
use crate::shared::keys::Keys;
use crate::shared::{Claimed, Event, Recovery};
use crate::{FindError, Found, Hold, Load, Mode, Pending, Registry, Ticket};

fn is_pending<T>(future: &mut Pending<T>) -> bool {
    let context = &mut Context::from_waker(Waker::noop());
    future.as_mut().poll(context).is_pending()
}

fn hold(found: Result<Found, FindError>) -> Hold {
    match found {
        Ok(Found::Room { hold, .. }) => hold,
        other => panic!("expected a room, found {other:?}"),
    }
}

fn ticket(found: Result<Found, FindError>) -> Ticket {
    match found {
        Ok(Found::Create(ticket)) => ticket,
        other => panic!("expected a ticket, found {other:?}"),
    }
}

/// So many nodes.
fn start<const NODES: usize>(limits: &Limits) -> (Server, [Node; NODES]) {
    let server = Server::start();
    let nodes = std::array::from_fn(|index| Node::start(&server, index as u64 + 1, limits));
    (server, nodes)
}

fn limits(of: &[(&str, u64)]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in of {
        limits.set(name, *value).unwrap();
    }
    limits
}

#[test]
fn a_room_of_one_node_is_found_located_and_listed_by_another() {
    let (_server, [first, second]) = start(&Limits::default());
    let mut private = record(2, 10);
    private.private = true;
    let mut named = record(3, 10);
    named.name = "a}b{".into();
    for room in [record(1, 10), private, named] {
        first.publish(room);
    }
    let held = hold(block_on(second.find(Mode::Join)));
    assert_eq!(
        (held.room(), second.registry.counts().holds),
        (RoomId(1), 1)
    );
    for id in 1..=3 {
        let room = block_on(second.registry.locate(RoomId(id)))
            .unwrap()
            .unwrap();
        assert_eq!((room.room, room.location), (RoomId(id), location(1)));
    }
    assert_eq!(block_on(second.registry.locate(RoomId(4))), Ok(None));
    let list = |name| -> Vec<u64> {
        let rooms = block_on(second.registry.list(name)).into_iter();
        rooms.map(|room| room.room_id.0).collect()
    };
    assert_eq!(list(None), [1, 3]);
    assert_eq!(list(Some("a}b{")), [3]);
    assert_eq!(list(Some("none")), [0; 0]);
    assert_eq!(block_on(second.registry.records()).len(), 0);
    assert_eq!(block_on(first.registry.records()).len(), 3);
}

#[test]
fn a_hold_travels_to_the_owner_and_counts_once() {
    let (_server, [first, second]) = start(&Limits::default());
    first.publish(record(1, 2));
    let pass = hold(block_on(second.find(Mode::Join))).into_pass();
    assert_eq!(second.registry.counts().holds, 0);
    let adopted = first.registry.adopt_hold(pass);
    let mut joined = record(1, 2);
    joined.clients = 1;
    joined.location = location(1);
    first.registry.publish(joined, vec![adopted], None);
    first.settle();
    let last = hold(block_on(second.find(Mode::Join)));
    let nothing = block_on(first.find(Mode::Join));
    assert!(matches!(nothing, Ok(Found::Nothing)), "{nothing:?}");
    // Refused: whoever comes next gets the seat.
    drop(first.registry.adopt_hold(last.into_pass()));
    wait_until(|| matches!(block_on(first.find(Mode::Join)), Ok(Found::Room { .. })));
}

#[test]
fn those_who_wait_on_other_nodes_find_the_room_or_get_the_ticket_in_their_order() {
    let (_server, [first, second]) = start(&Limits::default());
    let creating = ticket(block_on(first.find(Mode::JoinOrCreate)));
    let [mut one, mut two, mut three] = [(); 3].map(|()| second.find(Mode::JoinOrCreate));
    wait_until(|| second.registry.counts().waiting == 3);
    assert!(is_pending(&mut one) && is_pending(&mut two) && is_pending(&mut three));
    let mut room = record(1, 3);
    (room.clients, room.location) = (1, location(1));
    let ticket_of_creator = first.registry.adopt_ticket(creating.into_pass());
    first
        .registry
        .publish(room, Vec::new(), Some(ticket_of_creator));
    let _seats = [one, two].map(|waits| hold(block_on(waits)));
    drop(ticket(block_on(three)));
    wait_until(|| second.registry.counts().waiting == 0);
}

#[test]
fn a_creation_that_fails_passes_on() {
    let (_server, [first, second]) = start(&Limits::default());
    let failing = ticket(block_on(first.find(Mode::JoinOrCreate)));
    let waits = second.find(Mode::JoinOrCreate);
    wait_until(|| second.registry.counts().waiting == 1);
    drop(failing);
    drop(ticket(block_on(waits)));
}

#[test]
fn a_creation_that_takes_too_long_passes_on() {
    let limits = limits(&[("create_timeout_ms", 100)]);
    let (_server, [first, second]) = start(&limits);
    let late = ticket(block_on(first.find(Mode::JoinOrCreate)));
    drop(ticket(block_on(second.find(Mode::JoinOrCreate))));
    drop(late);
}

#[test]
fn rooms_are_placed_on_other_nodes_by_their_load() {
    let (_server, [first, second]) = start(&Limits::default());
    let busy = Load {
        ticks_ppm: 900_000,
        rooms: 9,
    };
    first.registry.report_load(location(1), busy);
    for node in [&first, &second] {
        wait_until(|| node.registry.place() == Some(location(2)));
    }
    drop(second);
    wait_until(|| first.registry.place() == Some(location(1)));
}

#[test]
fn a_hold_that_was_lost_on_its_way_expires() {
    let limits = limits(&[("matchmake_timeout_ms", 100)]);
    let (_server, [first, second]) = start(&limits);
    first.publish(record(1, 1));
    let _lost = hold(block_on(second.find(Mode::Join))).into_pass();
    wait_until(|| matches!(block_on(second.find(Mode::Join)), Ok(Found::Room { .. })));
    wait_until(|| {
        let expired = [&first, &second].map(|node| node.registry.counts().holds_expired);
        expired.iter().sum::<u64>() > 0
    });
}

#[test]
fn too_many_who_wait_are_refused_and_stopped_means_no_more_finds() {
    let limits = limits(&[("finds_waiting_max", 1)]);
    let (_server, [first, second]) = start(&limits);
    let _creating = ticket(block_on(first.find(Mode::JoinOrCreate)));
    let waits = second.find(Mode::JoinOrCreate);
    wait_until(|| second.registry.counts().waiting == 1);
    let refused = block_on(second.find(Mode::JoinOrCreate));
    assert_eq!(refused.unwrap_err(), FindError::Crowded { waiting: 1 });
    assert_eq!(second.registry.counts().finds_refused, 1);
    second.registry.stop();
    assert_eq!(block_on(waits).unwrap_err(), FindError::Stopped);
    let refused = block_on(second.find(Mode::Join));
    assert_eq!(refused.unwrap_err(), FindError::Stopped);
}

#[test]
fn what_happens_while_the_store_is_out_of_reach_is_told_when_it_is_back() {
    let (_server, [first, second]) = start(&Limits::default());
    for room in 1..=2 {
        first.publish(record(room, 10));
    }
    first.is_cut_off.store(true, Ordering::Relaxed);
    let mut changed = record(1, 10);
    (changed.clients, changed.location) = (10, location(1));
    first.registry.publish(changed, Vec::new(), None);
    first.registry.withdraw(RoomId(2));
    let mut new = record(3, 10);
    new.location = location(1);
    first.registry.publish(new, Vec::new(), None);
    let refused = block_on(first.find(Mode::Join)).unwrap_err();
    assert!(refused.to_string().contains("cut off"), "{refused}");
    assert!(matches!(
        block_on(first.registry.locate(RoomId(3))),
        Ok(Some(_))
    ));
    assert_eq!(block_on(first.registry.list(None)).len(), 2, "one's own");
    assert!(first.registry.counts().calls_failed > 0);
    first.is_cut_off.store(false, Ordering::Relaxed);
    first.settle();
    let held = hold(block_on(second.find(Mode::Join)));
    assert_eq!(held.room(), RoomId(3));
    assert_eq!(block_on(second.registry.list(None)).len(), 2);
    assert_eq!(block_on(second.registry.locate(RoomId(2))), Ok(None));
}

#[test]
fn a_new_room_is_known_once_other_nodes_locate_it_or_it_has_ended() {
    let (_server, [first, second]) = start(&Limits::default());
    first.is_cut_off.store(true, Ordering::Relaxed);
    for id in 1..=2 {
        let mut new = record(id, 10);
        new.location = location(1);
        first.registry.publish(new, Vec::new(), None);
    }
    let known = |id| first.registry.until_known(RoomId(id));
    let (mut lasting, mut ending) = (known(1).unwrap(), known(2).unwrap());
    assert!(is_pending(&mut lasting) && is_pending(&mut ending));
    first.registry.withdraw(RoomId(2));
    block_on(ending);
    assert!(is_pending(&mut lasting));
    first.is_cut_off.store(false, Ordering::Relaxed);
    block_on(lasting);
    assert!(matches!(
        block_on(second.registry.locate(RoomId(1))),
        Ok(Some(_))
    ));
    assert!(known(1).is_none() && known(2).is_none() && known(3).is_none());
}

#[test]
fn a_room_is_looked_for_until_the_store_is_back() {
    let (_server, [first, second]) = start(&Limits::default());
    first.publish(record(1, 10));
    second.is_cut_off.store(true, Ordering::Relaxed);
    let mut located = second.registry.locate(RoomId(1));
    wait_until(|| second.registry.counts().calls_failed >= 2);
    assert!(is_pending(&mut located));
    second.is_cut_off.store(false, Ordering::Relaxed);
    assert!(matches!(block_on(located), Ok(Some(_))));
}

/// A store that came back empty is told everything again by each node, one a little before the other.
#[test]
fn a_room_that_the_store_has_forgotten_is_looked_for_until_its_owner_has_told_it_again() {
    let (server, [first, second]) = start(&Limits::default());
    first.publish(record(1, 10));
    Client::of(&server).command(&[b"FLUSHALL"]).unwrap();
    // By no node's clock so much time has passed: it stays in doubt.
    second.registry.tell_again(Timestamp(20_000_000_000));
    let mut located = second.registry.locate(RoomId(1));
    // Longer than it takes to believe that there is none.
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert!(is_pending(&mut located));
    first.registry.tell_again(Timestamp::default());
    assert!(matches!(block_on(located), Ok(Some(_))));
    first.settle();
    assert_eq!(block_on(second.registry.list(None)).len(), 1);
}

#[test]
fn a_dead_nodes_rooms_are_taken_over_and_what_it_says_later_is_its_end() {
    let (server, [first, second]) = start(&Limits::default());
    for room in 1..=3 {
        first.publish(record(room, 10));
    }
    first.is_cut_off.store(true, Ordering::Relaxed);
    let store = Rc::new(RedisStore {
        client: RefCell::new(Client::of(&server)),
        is_cut_off: Arc::default(),
    });
    let recovery = Recovery::new(store, Keys::new("downbeat"), owner(2));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    let title = runtime.block_on(async {
        let rooms = recovery.rooms(owner(1)).await.unwrap();
        assert_eq!(rooms.len(), 3);
        let take = recovery.take(RoomId(1), owner(1), ShardId(0), "arena");
        let Claimed::Yes(title) = take.await.unwrap() else {
            panic!("nobody else has it");
        };
        recovery.strike(RoomId(1), "arena", owner(1)).await.unwrap();
        let lost = [RoomId(2), RoomId(3)];
        let purged = recovery.purge("arena", owner(1), &lost).await;
        assert_eq!(purged, Ok(2));
        title
    });
    let mut taken = record(1, 10);
    taken.location = location(2);
    second
        .registry
        .adopt_room(taken, title, Timestamp::default());
    second.settle();
    assert_eq!(second.registry.title(RoomId(1)), Some(title));

    first.is_cut_off.store(false, Ordering::Relaxed);
    let mut late = record(1, 10);
    late.locked = true;
    first.registry.publish(late, Vec::new(), None);
    let is_lost = |event: &Event| *event == Event::Lost(RoomId(1));
    wait_until(|| first.events.lock().unwrap().iter().any(is_lost));
    let found = block_on(first.find(Mode::Join)).unwrap();
    let Found::Room {
        record,
        hold: _hold,
    } = found
    else {
        panic!("the room goes on elsewhere");
    };
    assert_eq!((record.location, record.locked), (location(2), false));
}

#[test]
fn nothing_stays_of_rooms_that_came_and_went() {
    let (server, nodes) = start::<2>(&Limits::default());
    for node in &nodes {
        for room in 0..300 {
            let id = node.id * 1_000 + room;
            let mut room = record(id, 2);
            room.name = ["arena", "chat"][(id % 2) as usize].into();
            room.location = location(node.id);
            node.registry.publish(room, Vec::new(), None);
        }
    }
    for node in &nodes {
        node.settle();
        let held: Vec<Hold> = (0..50)
            .map(|_| hold(block_on(node.find(Mode::Join))))
            .collect();
        drop(held);
    }
    for node in &nodes {
        let rooms = (0..300).map(|room| RoomId(node.id * 1_000 + room));
        rooms.for_each(|room| node.registry.withdraw(room));
    }
    nodes.iter().for_each(Node::settle);
    let mut keys = Client::of(&server).keys();
    keys.sort();
    assert_eq!(keys, ["downbeat:{loads}", "downbeat:{names}"]);
}
