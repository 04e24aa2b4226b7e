//! What happens when, each in a quiet world with one fault.

use std::time::Duration;

use downbeat_cluster::lease::{Event, LeaseSettings, Member};

use super::faults::{Plan, fail_over, started};
use super::server::{MS, Nanos};
use super::world::World;

const SEEDS: u64 = 100;

fn standalone() -> Plan {
    Plan {
        settings: LeaseSettings::standalone(LeaseSettings::SINGLE_LEASE),
        ..Plan::cluster()
    }
}

/// When this is first heard of any node after `since`.
fn heard(world: &World, since: Nanos, is: impl Fn(Event) -> bool) -> Option<Nanos> {
    let mut heard = world.heard.iter();
    let found = heard.find(|(at, _, event)| *at >= since && is(*event));
    found.map(|(at, ..)| at - since)
}

fn is_recovery(of: Member) -> impl Fn(Event) -> bool {
    move |event| event == Event::Recover(of)
}

fn check(world: &World, seed: u64) {
    assert_eq!(world.checker.violation, None, "seed {seed}");
}

#[test]
fn a_crash_is_known_within_300_ms_and_a_lost_host_within_1_s() {
    for seed in 0..SEEDS {
        for (is_seen, most) in [(true, 300), (false, 1000)] {
            let mut plan = Plan::cluster();
            plan.settings.probes = is_seen;
            let mut world = started(seed, &plan, false);
            world.run_until(1000 * MS);
            let member = world.nodes[0].lease.member().unwrap();
            world.crash(0);
            for node in 1..world.nodes.len() {
                world.suspect(node, member.node);
            }
            world.run_until(3000 * MS);
            let after = heard(&world, 1000 * MS, is_recovery(member)).unwrap();
            assert!(after < most * MS, "seed {seed}: {} ms", after / MS);
            check(&world, seed);
        }
    }
}

#[test]
fn a_node_that_leaves_keeps_nobody_waiting() {
    for seed in 0..SEEDS {
        let mut world = started(seed, &Plan::cluster(), false);
        let member = world.nodes[0].lease.member().unwrap();
        let since = world.now;
        world.leave(0);
        world.run_until(since + 2000 * MS);
        assert!(heard(&world, since, |event| event == Event::Left) < Some(600 * MS));
        let after = heard(&world, since, is_recovery(member)).unwrap();
        assert!(after < 700 * MS, "seed {seed}: {} ms", after / MS);
    }
}

#[test]
fn one_master_may_fail_and_nobody_freezes_or_dies() {
    for seed in 0..SEEDS {
        let plan = Plan::cluster();
        let mut world = started(seed, &plan, false);
        // With a master gone and a second slow twice in a row there is no majority.
        world.slow_one_in = u64::MAX;
        world.run_until(1000 * MS);
        match seed % 3 {
            0 => fail_over(&mut world, &plan, 1),
            1 => world.servers[1].pause(4000 * MS),
            _ => world.nodes[0].cut_until[1] = 4000 * MS,
        }
        world.run_until(6000 * MS);
        let trouble = |event| matches!(event, Event::Frozen | Event::Moved(_) | Event::Recover(_));
        assert_eq!(heard(&world, 0, trouble), None, "seed {seed}");
        check(&world, seed);
    }
}

#[test]
fn all_freeze_while_redis_is_away_and_thaw_when_it_is_back() {
    for seed in 0..SEEDS {
        for away in [1000, 30_000] {
            let mut world = started(seed, &Plan::cluster(), false);
            world.run_until(1000 * MS);
            let back = (1000 + away) * MS;
            world
                .servers
                .iter_mut()
                .for_each(|server| server.pause(back));
            world.run_until(back + 3000 * MS);
            let frozen = heard(&world, 1000 * MS, |event| event == Event::Frozen);
            assert!(frozen.is_some_and(|after| after < 500 * MS), "seed {seed}");
            let thawed = heard(&world, back, |event| event == Event::Thawed);
            assert!(thawed.is_some_and(|after| after < 400 * MS), "seed {seed}");
            let lost = |event| matches!(event, Event::Moved(_) | Event::Recover(_));
            assert_eq!(heard(&world, 0, lost), None, "seed {seed}");
            assert!(world.nodes.iter().all(|node| node.may_tick(world.now)));
            check(&world, seed);
        }
    }
}

#[test]
fn a_node_that_was_paused_finds_itself_dead_before_it_ticks() {
    for seed in 0..SEEDS {
        let mut plan = Plan::cluster();
        // Its record is gone by then.
        plan.settings.linger = Duration::from_millis(if seed % 2 == 0 { 500 } else { 60_000 });
        let mut world = started(seed, &plan, false);
        let member = world.nodes[0].lease.member().unwrap();
        let since = world.now;
        world.nodes[0].paused_until = since + 10_000 * MS;
        world.run_until(since + 9_000 * MS);
        let after = heard(&world, since, is_recovery(member)).unwrap();
        assert!(after < 1000 * MS, "seed {seed}: {} ms", after / MS);
        world.run_until(since + 12_000 * MS);
        assert!(heard(&world, since, |event| event == Event::Moved(member)).is_some());
        let next = world.nodes[0].lease.member().unwrap();
        assert!(next.incarnation > member.incarnation && world.nodes[0].may_tick(world.now));
        check(&world, seed);
    }
}

#[test]
fn a_redis_that_forgot_everything_costs_a_pause_and_no_room() {
    for seed in 0..SEEDS {
        let mut world = started(seed, &standalone(), false);
        let since = world.now;
        // Shorter than the fence, or longer.
        let down = if seed % 2 == 0 { 1000 } else { 20_000 };
        let back = since + down * MS;
        world.servers[0].lose_everything(back);
        world.route_anew(0);
        world.run_until(back + 9000 * MS);
        let lost = |event| matches!(event, Event::Moved(_) | Event::Recover(_));
        assert_eq!(heard(&world, 0, lost), None, "seed {seed}");
        let frozen = heard(&world, since, |event| event == Event::Frozen);
        assert_eq!(frozen.is_some(), down > 3000, "seed {seed}");
        assert!(
            world.nodes.iter().all(|node| node.may_tick(world.now)),
            "seed {seed}"
        );
        check(&world, seed);
    }
}

/// It was recovered, and then the only table that said so was lost.
#[test]
fn a_dead_node_stays_dead_when_redis_forgets_it() {
    for seed in 0..SEEDS {
        let mut world = started(seed, &standalone(), false);
        let member = world.nodes[0].lease.member().unwrap();
        let since = world.now;
        world.nodes[0].paused_until = since + 15_000 * MS;
        world.run_until(since + 14_000 * MS);
        assert!(
            heard(&world, since, is_recovery(member)).is_some(),
            "seed {seed}"
        );
        world.servers[0].lose_everything(since + 14_500 * MS);
        world.route_anew(0);
        world.run_until(since + 40_000 * MS);
        check(&world, seed);
        assert!(heard(&world, since, |event| event == Event::Moved(member)).is_some());
        assert!(
            world.nodes.iter().all(|node| node.may_tick(world.now)),
            "seed {seed}"
        );
    }
}

#[test]
fn slow_pings_kill_nobody() {
    for seed in 0..SEEDS {
        let mut world = started(seed, &Plan::cluster(), false);
        world.slow_one_in = 10;
        world.run_until(10_000 * MS);
        let killed = |event| matches!(event, Event::Moved(_) | Event::Recover(_));
        assert_eq!(heard(&world, 0, killed), None, "seed {seed}");
        check(&world, seed);
    }
}
