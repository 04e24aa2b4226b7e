//! One fault at a time, and what it may do.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use downbeat_cluster::lease::Member;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{NodeId, RoomId};
use downbeat_tests::chaos::client::{Knocked, knock, now};
use downbeat_tests::chaos::entry::{Deed, Entry, Ns};
use downbeat_tests::chaos::harness::Harness;
use downbeat_tests::chaos::net::{Place, in_networks};
use downbeat_tests::chaos::node::Node;
use downbeat_tests::chaos::wire::{Came, Wire, seat};
use downbeat_tests::patience::eventually;
use downbeat_tests_redis::Server;

use super::{BINARY, folder};

/// Rooms with one client each: some on each node.
const ROOMS: usize = 15;

/// A room that lives for as long as its client does.
struct Kept {
    room: RoomId,
    owner: NodeId,
    wire: Wire,
}

#[test]
fn rooms_of_a_crashed_node_are_off_all_lists_within_a_second() {
    let name = "single::rooms_of_a_crashed_node_are_off_all_lists_within_a_second";
    run(name, |harness| {
        let mut times = Vec::new();
        for number in 0..3 {
            let kept = keep_rooms(harness);
            wait_until_listed(harness, &kept);
            let dead = harness.node(number).id;
            assert!(kept.iter().any(|kept| kept.owner == dead), "it has rooms");
            let killed = Instant::now();
            harness.kill_node(number);
            eventually("the rooms of the dead are gone", || {
                harness
                    .nodes()
                    .all(|node| rooms_of(node, dead).is_some_and(|rooms| rooms.is_empty()))
            });
            times.push(killed.elapsed());
            harness.start_node(number).unwrap();
            harness.settle().unwrap();
        }
        println!("gone within {times:?}");
        // A machine that does other things is late now and then. Its neighbours know of a crash before
        // its lease ends, 600 ms after its last renewal.
        let least = times.iter().min().unwrap();
        assert!(*least < Duration::from_millis(450), "{times:?}");
    });
}

#[test]
fn a_seat_outlives_the_node_that_gave_it() {
    run("single::a_seat_outlives_the_node_that_gave_it", |harness| {
        let giver = harness.node(0);
        let kept = keep_rooms(harness);
        let mut of_others = kept.iter().filter(|kept| kept.owner != giver.id);
        let Kept { room, owner, .. } = of_others.next().expect("others have rooms");
        let given = seat(giver.address, "joinById", &room.to_string(), "{}");
        let given = given.unwrap().unwrap();
        harness.kill_node(0);
        let edge = others(harness, *owner).next().expect("two are left");
        let knocked = knock(edge.address, &given);
        assert!(matches!(knocked, Knocked::Welcome(_)), "{knocked:?}");
        harness.start_node(0).unwrap();
    });
}

#[test]
fn a_node_that_is_late_once_keeps_its_rooms() {
    let name = "single::a_node_that_is_late_once_keeps_its_rooms";
    run(name, |harness| {
        let kept = keep_rooms(harness);
        wait_until_listed(harness, &kept);
        let mut looks = 0;
        for round in 0..6 {
            let late = harness.node(round % 3);
            let rooms = rooms_in(&kept, late.id);
            let began = now();
            late.stop();
            let until = Instant::now() + Duration::from_millis(300);
            let mut lists = Vec::new();
            while Instant::now() < until {
                lists.extend(others(harness, late.id).filter_map(|node| rooms_of(node, late.id)));
            }
            late.go_on();
            sleep(Duration::from_millis(700));
            lists.extend(harness.nodes().filter_map(|node| rooms_of(node, late.id)));
            // This machine may have been later than the node was to be.
            if silence(harness, late.id, began) >= Duration::from_millis(550) {
                continue;
            }
            looks += lists.len();
            assert!(
                lists.iter().all(|list| list.is_superset(&rooms)),
                "{rooms:?}: {lists:?}"
            );
            assert_eq!(deaths(harness, began), [], "nobody is declared dead");
        }
        println!("{looks} lists had all rooms");
    });
}

#[test]
fn rooms_survive_a_second_without_redis() {
    let name = "single::rooms_survive_a_second_without_redis";
    run(name, |harness| {
        let mut kept = keep_rooms(harness);
        wait_until_listed(harness, &kept);
        let servers = harness.redis().servers();
        let began = now();
        servers.iter().for_each(Server::pause);
        sleep(Duration::from_secs(1));
        let back = now();
        servers.iter().for_each(Server::resume);
        eventually("all nodes are well", || harness.nodes().all(Node::is_well));
        eventually("all rooms tick", || {
            let entries = harness.entries().unwrap();
            let ticked = ticked_since(&entries, back);
            kept.iter().all(|kept| ticked.contains(&kept.room))
        });
        let entries = harness.entries().unwrap();
        for node in harness.nodes() {
            let did = |deed| since(&entries, began).any(|e| e.by.node == node.id && e.deed == deed);
            assert!(
                did(Deed::Frozen) && did(Deed::Thawed),
                "{} froze and thawed",
                node.id
            );
        }
        assert_eq!(deaths(harness, began), [], "nobody takes over");
        let is_lost = |deed| matches!(deed, Deed::End(_) | Deed::Dropped(_) | Deed::Lost(_));
        assert!(
            !since(&entries, began).any(|entry| is_lost(entry.deed)),
            "no room is lost"
        );
        assert!(
            kept.iter_mut()
                .all(|kept| close_code(&mut kept.wire).is_none()),
            "no client is"
        );
        wait_until_listed(harness, &kept);
    });
}

#[test]
fn a_node_that_slept_finds_itself_dead_before_it_does_anything() {
    let name = "single::a_node_that_slept_finds_itself_dead_before_it_does_anything";
    run(name, |harness| {
        let kept = keep_rooms(harness);
        wait_until_listed(harness, &kept);
        let sleeper = harness.node(1).id;
        let rooms = rooms_in(&kept, sleeper);
        assert!(!rooms.is_empty(), "it has rooms");
        let stopped = now();
        harness.node(1).stop();
        sleep(Duration::from_secs(5));
        for node in others(harness, sleeper) {
            assert_eq!(
                rooms_of(node, sleeper),
                Some(BTreeSet::new()),
                "its rooms are gone"
            );
        }
        let woken = now();
        harness.node(1).go_on();
        eventually("it has another life", || {
            let entries = harness.entries().unwrap();
            let held = |e: &Entry| e.by.node == sleeper && e.deed == Deed::Held;
            since(&entries, woken).any(held)
        });
        let heirs = deaths(harness, stopped);
        assert_eq!(
            heirs.len(),
            1,
            "one node was declared dead, once: {heirs:?}"
        );
        let entries = harness.entries().unwrap();
        let ticked = ticked_since(&entries, woken);
        assert!(rooms.is_disjoint(&ticked), "none of its former rooms ticks");
        let moved = since(&entries, woken).find(|entry| entry.by.node == sleeper);
        assert!(
            matches!(
                moved.map(|moved| moved.deed),
                Some(Deed::Frozen | Deed::Moved(_))
            ),
            "{moved:?}"
        );
        for mut kept in kept.into_iter().filter(|kept| kept.owner == sleeper) {
            eventually("its clients are sent away", || {
                close_code(&mut kept.wire) == Some(CloseCode::Moved.code())
            });
        }
    });
}

/// Runs a test with three nodes, and lets the checker look at it.
fn run(test: &str, body: impl FnOnce(&mut Harness)) {
    in_networks(test, |place: Place| {
        let folder = folder(&test.replace("::", "-"));
        let mut harness = Harness::start(place, BINARY, Path::new(&folder), &[]).unwrap();
        body(&mut harness);
        let violations = harness.end().unwrap().violations;
        assert!(violations.is_empty(), "{violations:?}");
        drop(std::fs::remove_dir_all(&folder));
    });
}

fn keep_rooms(harness: &Harness) -> Vec<Kept> {
    let addresses: Vec<_> = harness.nodes().map(|node| node.address).collect();
    let mut kept = Vec::new();
    for number in 0..ROOMS {
        let address = addresses[number % addresses.len()];
        let seat = seat(address, "create", "arena", "{}").unwrap().unwrap();
        let owner: NodeId = seat.process_id.parse().unwrap();
        // At its own node: the end of an edge is not what is looked at.
        let own = harness.nodes().find(|node| node.id == owner).unwrap();
        let Knocked::Welcome(wire) = knock(own.address, &seat) else {
            panic!("no welcome in {}", seat.room_id);
        };
        let room = seat.room_id.parse().unwrap();
        kept.push(Kept { room, owner, wire });
    }
    kept
}

fn wait_until_listed(harness: &Harness, kept: &[Kept]) {
    eventually("all rooms are listed at all nodes", || {
        harness.nodes().all(|node| {
            let listed: BTreeSet<RoomId> =
                node.rooms().into_iter().flatten().map(|r| r.0).collect();
            kept.iter().all(|kept| listed.contains(&kept.room))
        })
    });
}

fn rooms_in(kept: &[Kept], owner: NodeId) -> BTreeSet<RoomId> {
    let own = kept.iter().filter(|kept| kept.owner == owner);
    own.map(|kept| kept.room).collect()
}

/// The rooms of `owner` as another node lists them.
fn rooms_of(node: &Node, owner: NodeId) -> Option<BTreeSet<RoomId>> {
    let rooms = node.rooms()?.into_iter();
    Some(
        rooms
            .filter(|(_, by)| *by == owner)
            .map(|(room, _)| room)
            .collect(),
    )
}

fn others(harness: &Harness, node: NodeId) -> impl Iterator<Item = &Node> {
    harness.nodes().filter(move |other| other.id != node)
}

fn since(entries: &[Entry], at: Ns) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.at >= at)
}

fn ticked_since(entries: &[Entry], at: Ns) -> BTreeSet<RoomId> {
    let ticks = since(entries, at).filter_map(|entry| match entry.deed {
        Deed::Tick(tick) => Some(tick.room),
        _ => None,
    });
    ticks.collect()
}

/// Who was declared dead since then.
fn deaths(harness: &Harness, at: Ns) -> Vec<Member> {
    let entries = harness.entries().unwrap();
    let deaths = since(&entries, at).filter_map(|entry| match entry.deed {
        Deed::Recover(member) => Some(member),
        _ => None,
    });
    deaths.collect()
}

/// The longest time since then in which a node's fence did not move.
fn silence(harness: &Harness, node: NodeId, at: Ns) -> Duration {
    let entries = harness.entries().unwrap();
    let fences = since(&entries, at)
        .filter(|entry| entry.by.node == node && matches!(entry.deed, Deed::Fence { .. }));
    let times: Vec<Ns> = fences.map(|fence| fence.at).collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    Duration::from_nanos(gaps.max().unwrap_or(Ns::MAX))
}

/// The code with which a connection was closed, if it was.
fn close_code(wire: &mut Wire) -> Option<u16> {
    let until = Instant::now() + Duration::from_millis(50);
    loop {
        match wire.next(until) {
            Ok(Some(Came::Message(_))) => {}
            Ok(Some(Came::Close(code, _))) => return Some(code),
            Ok(None) => return None,
            Err(_) => return Some(0),
        }
    }
}
