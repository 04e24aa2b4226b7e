//! What goes wrong, and when; and what must be right again some time after.

use std::time::Duration;

use downbeat_cluster::lease::{Event, LeaseSettings};

use super::server::{MS, Nanos};
use super::world::{Tally, World};

/// Lines of a trace that are shown.
const TRACED: usize = 400;

/// What went wrong.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "read by Debug")]
pub(crate) enum Failure {
    /// Two may have ticked a room.
    Unsafe(String),
    /// It is not all well long after the last fault.
    Unsettled(String),
}

/// How a run goes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) settings: LeaseSettings,
    /// At least; some seeds have two more.
    pub(crate) nodes: usize,
    /// Failovers in one run that may lose writes.
    pub(crate) failovers: u64,
    /// Masters in one run that come back empty.
    pub(crate) losses: u64,
    /// Copies 0 and 1 lie on one server.
    pub(crate) shared: bool,
    /// The nodes are told which copies share a server.
    pub(crate) honest: bool,
    pub(crate) faults: u64,
}

impl Plan {
    pub(crate) fn cluster() -> Self {
        let mut settings = LeaseSettings::cluster();
        settings.linger = Duration::from_millis(500);
        Self {
            settings,
            nodes: 3,
            failovers: 2,
            losses: 0,
            shared: false,
            honest: true,
            faults: 10,
        }
    }

    pub(crate) fn sentinel() -> Self {
        let mut settings = LeaseSettings::sentinel(LeaseSettings::SINGLE_LEASE);
        settings.linger = Duration::from_millis(3000);
        Self {
            settings,
            ..Self::cluster()
        }
    }

    /// Lengths of faults and waits are those of a lease of 600 ms, times this in per cent.
    pub(crate) fn scaled(&self, ms: u64) -> Nanos {
        ms * self.settings.lease.as_millis() as u64 / 600 * MS
    }
}

/// Runs one seed.
///
/// # Errors
/// What went wrong.
pub(crate) fn run(seed: u64, plan: &Plan) -> Result<Tally, Failure> {
    run_in(&mut started(seed, plan, false), plan)
}

/// What led to the violation of this seed.
pub(crate) fn trace(seed: u64, plan: &Plan) -> String {
    let mut world = started(seed, plan, true);
    let outcome = run_in(&mut world, plan);
    let trace = world.trace.unwrap_or_default();
    let last = trace.len().saturating_sub(TRACED);
    format!("{}\n{outcome:?}", trace[last..].join("\n"))
}

fn run_in(world: &mut World, plan: &Plan) -> Result<Tally, Failure> {
    let (mut failovers, mut losses) = (0, 0);
    let faults = plan.faults / 2 + world.random.below(plan.faults);
    for _ in 0..faults {
        let next = world.now + world.random.below(plan.scaled(800));
        world.run_until(next);
        break_something(world, plan, &mut failovers, &mut losses);
    }
    world.tally.failovers = failovers;
    heal(world, plan);
    let deadline = world.now + plan.scaled(600) * 20;
    while world.now < deadline && world.checker.violation.is_none() && !is_settled(world) {
        let next = world.now + plan.scaled(100);
        world.run_until(next);
    }
    match world.checker.violation.take() {
        Some(violation) => Err(Failure::Unsafe(violation)),
        None if is_settled(world) => Ok(world.tally),
        None => Err(Failure::Unsettled(what_is_open(world))),
    }
}

pub(crate) fn started(seed: u64, plan: &Plan, traced: bool) -> World {
    let nodes = plan.nodes + (seed % 3) as usize;
    let mut world = World::new(seed, plan.settings.clone(), nodes, plan.shared, plan.honest);
    world.trace = traced.then(Vec::new);
    world.run_until(plan.scaled(300));
    world
}

fn break_something(world: &mut World, plan: &Plan, failovers: &mut u64, losses: &mut u64) {
    let node = world.random.below(world.nodes.len() as u64) as usize;
    let server = world.random.below(world.servers.len() as u64) as usize;
    // From a hiccup to far beyond a lease.
    let most = [300, 900, 3000][world.random.below(3) as usize];
    let until = world.now + world.random.below(plan.scaled(most)) + MS;
    let fault = world.random.below(22);
    world.note(|| {
        format!(
            "FAULT {fault} node {node} server {server} until {} ms",
            until / MS
        )
    });
    match fault {
        0..=3 => world.nodes[node].paused_until = until,
        4..=5 if world.nodes[node].is_up => world.crash(node),
        6..=7 if !world.nodes[node].is_up => world.restart(node),
        8..=10 => world.nodes[node].cut_until[server] = until,
        11 => world.nodes[node].cut_until.fill(until),
        12 => world.servers[server].pause(until),
        13 => world
            .servers
            .iter_mut()
            .for_each(|server| server.pause(until)),
        14 => world.servers[server].link_cut_until = until,
        15..=16 if *failovers < plan.failovers && can_fail_over(world, server) => {
            *failovers += 1;
            if world.random.one_in(2) {
                // Its replica lost contact some time before.
                let lost = world.random.below(plan.scaled(900));
                world.servers[server].link_cut_until = world.now + lost + MS;
                world.run_until(world.now + lost);
            }
            fail_over(world, plan, server);
        }
        17 => jump(world, plan, server),
        18 => suspect_the_living(world, node),
        19 if world.random.one_in(3) => world.leave(node),
        20 => ambush(world, plan, node, failovers),
        21 if *losses < plan.losses => {
            *losses += 1;
            lose(world, plan, node, server);
        }
        _ => {}
    }
}

/// Where it hurts most: a node is paused, and as soon as another recovers its rooms, masters fail
/// whose replicas lag; then the node goes on.
fn ambush(world: &mut World, plan: &Plan, node: usize, failovers: &mut u64) {
    let end = world.now + plan.scaled(1500);
    world.nodes[node].paused_until = end + plan.scaled(900);
    let recoveries = world.tally.recoveries;
    for server in &mut world.servers {
        server.lag = plan.scaled(60);
    }
    while world.now < end && world.tally.recoveries == recoveries {
        let next = world.now + plan.scaled(5);
        world.run_until(next);
    }
    for server in 0..world.servers.len() {
        if *failovers < plan.failovers && can_fail_over(world, server) {
            *failovers += 1;
            fail_over(world, plan, server);
        }
    }
}

/// A master comes back empty, and who recovered the rooms of a paused node cannot tell any more.
fn lose(world: &mut World, plan: &Plan, node: usize, server: usize) {
    let end = world.now + plan.scaled(2000);
    world.nodes[node].paused_until = end + plan.scaled(900);
    let recoveries = world.tally.recoveries;
    while world.now < end && world.tally.recoveries == recoveries {
        let next = world.now + plan.scaled(5);
        world.run_until(next);
    }
    let recovers = |event| matches!(event, Event::Recover(_));
    let last = world.heard.iter().rev().find(|heard| recovers(heard.2));
    if let Some((_, recoverer, _)) = last.copied()
        && world.random.one_in(2)
    {
        world.crash(recoverer);
    }
    let back = world.now + world.random.below(plan.scaled(600));
    world.servers[server].lose_everything(back);
    world.route_anew(server);
}

fn can_fail_over(world: &World, server: usize) -> bool {
    let server = &world.servers[server];
    world.now >= server.replica_from && world.now >= server.down_until
}

/// A third of them leave a master behind that does not know. No failover is faster than a third
/// of a lease: Redis Cluster needs 500 ms for the election alone, Sentinel 1.9 s.
pub(crate) fn fail_over(world: &mut World, plan: &Plan, server: usize) {
    let until = world.now + plan.scaled(400) + world.random.below(plan.scaled(1200));
    let zombie = world.random.one_in(3).then(|| {
        let from = until.saturating_sub(plan.scaled(50)) + world.random.below(plan.scaled(900));
        (from, from + world.random.below(20 * MS))
    });
    let regained = until + world.random.below(plan.scaled(600));
    let now = world.now;
    world.servers[server].fail_over(now, until, zombie);
    world.servers[server].regain_replica(regained);
    world.route_anew(server);
}

/// The clock of a Redis host steps. Each of them at most once in a lease.
fn jump(world: &mut World, plan: &Plan, server: usize) {
    let most = [10, 190, 100_000][world.random.below(3) as usize];
    let step = world.random.below(plan.scaled(most) / MS + 1);
    let ahead = &mut world.servers[server].wall_ahead;
    *ahead = if world.random.one_in(2) {
        *ahead + step
    } else {
        *ahead - step
    };
}

fn suspect_the_living(world: &mut World, node: usize) {
    let suspected = (node + 1) % world.nodes.len();
    if let Some(member) = world.nodes[suspected].lease.member() {
        world.suspect(node, member.node);
    }
}

fn heal(world: &mut World, plan: &Plan) {
    let now = world.now;
    for server in &mut world.servers {
        server.link_cut_until = server.link_cut_until.min(now);
    }
    for node in &mut world.nodes {
        node.paused_until = node.paused_until.min(now);
        node.cut_until.fill(now);
    }
    // Who is leaving has left by then, and no server is paused.
    let paused = world.servers.iter().map(|server| server.paused_until);
    let calm = paused.max().unwrap_or(0).max(now);
    world.run_until(calm + plan.scaled(700));
    if world.nodes.iter().all(|node| !node.is_up) {
        world.restart(0);
        world.run_until(world.now + plan.scaled(100));
    }
}

fn is_settled(world: &World) -> bool {
    what_is_open(world).is_empty()
}

fn what_is_open(world: &World) -> String {
    let mut open = String::new();
    let up = || world.nodes.iter().filter(|node| node.is_up);
    for node in up().filter(|node| !node.may_tick(world.now)) {
        open += &format!("{:?} does not hold; ", node.lease.member());
    }
    for member in &world.checker.lived {
        let lives = up().any(|node| node.lease.member() == Some(*member));
        if !lives && !world.checker.recovered.contains(member) {
            open += &format!("{member} is not recovered; ");
        }
        let mut tables = world
            .servers
            .iter()
            .flat_map(|server| server.primary.values());
        if !lives && tables.any(|table| table.records.contains_key(member)) {
            open += &format!("{member} is not forgotten; ");
        }
    }
    open
}
