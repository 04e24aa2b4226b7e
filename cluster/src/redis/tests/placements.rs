//! What servers are told as owners and connections change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::{Order, Placements, Scope};
use crate::redis::node::RedisNode;

const TIMEOUT: Duration = Duration::from_millis(500);

/// Placements in a small world of two servers and a clock.
struct World {
    placements: Placements,
    owners: RefCell<BTreeMap<&'static str, &'static str>>,
    up: BTreeSet<RedisNode>,
    now: Instant,
}

fn node(name: &str) -> RedisNode {
    RedisNode::parse(&format!("{name}:1")).unwrap()
}

impl World {
    fn new() -> Self {
        Self {
            placements: Placements::new(TIMEOUT),
            owners: RefCell::new([("x", "a"), ("y", "b")].into()),
            up: [node("a"), node("b")].into(),
            now: Instant::now(),
        }
    }

    /// Orders as `a+x` for subscribing to x at a, and the servers that are needed.
    fn check(&mut self, scope: Scope, orders: &[&str], needed: &[&str]) {
        let owner = |channel: &[u8]| {
            let owners = self.owners.borrow();
            owners
                .get(std::str::from_utf8(channel).unwrap())
                .map(|name| node(name))
        };
        let is_up = |node: &RedisNode| self.up.contains(node);
        let found = self.placements.plan(scope, self.now, owner, is_up);
        let shown = found.orders.iter().flat_map(|(node, orders)| {
            orders.iter().map(|order| match order {
                Order::Subscribe(channel) => format!("{}+{}", node.host, channel.escape_ascii()),
                Order::Unsubscribe(channel) => format!("{}-{}", node.host, channel.escape_ascii()),
            })
        });
        assert_eq!(shown.collect::<Vec<_>>(), orders);
        let shown = found.needed.iter().map(|node| node.host.as_str());
        assert_eq!(shown.collect::<Vec<_>>(), needed);
    }
}

#[test]
fn what_is_wanted_is_asked_for_once_and_given_up_once() {
    let mut world = World::new();
    assert!(world.placements.want(b"x"));
    assert!(!world.placements.want(b"x"));
    world.placements.want(b"y");
    world.check(Scope::Changed, &["a+x", "b+y"], &["a", "b"]);
    world.check(Scope::Changed, &[], &[]);
    world.check(Scope::All, &[], &["a", "b"]);
    assert!(!world.placements.is_confirmed(b"x"));
    world.placements.confirmed(&node("a"), b"x");
    assert!(world.placements.is_confirmed(b"x"));
    assert!(world.placements.unwant(b"x"));
    assert!(!world.placements.is_confirmed(b"x"));
    world.check(Scope::Changed, &["a-x"], &[]);
    assert!(!world.placements.unwant(b"x"));
    // The answer to that is no surprise.
    assert!(!world.placements.lost(&node("a"), b"x"));
    world.check(Scope::All, &[], &["b"]);
}

#[test]
fn a_server_that_is_not_connected_is_needed_first() {
    let mut world = World::new();
    world.up.clear();
    world.placements.want(b"x");
    world.check(Scope::Changed, &[], &["a"]);
    world.up.insert(node("a"));
    world.check(Scope::All, &["a+x"], &["a"]);
}

#[test]
fn without_a_confirmation_it_is_asked_for_again() {
    let mut world = World::new();
    world.placements.want(b"x");
    world.check(Scope::Changed, &["a+x"], &["a"]);
    world.now += TIMEOUT;
    world.check(Scope::All, &["a+x"], &["a"]);
    world.placements.confirmed(&node("a"), b"x");
    world.now += TIMEOUT;
    world.check(Scope::All, &[], &["a"]);
}

#[test]
fn a_slot_that_moves_takes_its_channels_along() {
    let mut world = World::new();
    world.placements.want(b"x");
    world.check(Scope::Changed, &["a+x"], &["a"]);
    world.placements.confirmed(&node("a"), b"x");
    // The old owner says so before the topology does.
    assert!(world.placements.lost(&node("a"), b"x"));
    world.check(Scope::Changed, &["a+x"], &["a"]);
    world.owners.borrow_mut().insert("x", "b");
    world.check(Scope::All, &["a-x", "b+x"], &["b"]);
    // Too late to count.
    world.placements.confirmed(&node("a"), b"x");
    assert!(!world.placements.is_confirmed(b"x"));
    world.placements.confirmed(&node("b"), b"x");
    assert!(world.placements.is_confirmed(b"x"));
}

#[test]
fn a_connection_that_breaks_takes_its_subscriptions_along() {
    let mut world = World::new();
    world.placements.want(b"x");
    world.placements.want(b"y");
    world.check(Scope::Changed, &["a+x", "b+y"], &["a", "b"]);
    world.placements.confirmed(&node("a"), b"x");
    world.placements.confirmed(&node("b"), b"y");
    world.placements.down(&node("a"));
    world.up.remove(&node("a"));
    assert!(!world.placements.is_confirmed(b"x") && world.placements.is_confirmed(b"y"));
    world.check(Scope::All, &[], &["a", "b"]);
    // A replica takes over.
    world.owners.borrow_mut().insert("x", "b");
    world.check(Scope::All, &["b+x"], &["b"]);
}

#[test]
fn while_nobody_owns_a_slot_nothing_is_given_up() {
    let mut world = World::new();
    world.placements.want(b"x");
    world.check(Scope::Changed, &["a+x"], &["a"]);
    world.placements.confirmed(&node("a"), b"x");
    world.owners.borrow_mut().remove("x");
    world.check(Scope::All, &[], &["a"]);
    assert!(world.placements.is_confirmed(b"x"));
}
