//! A patch in steady state takes no memory: neither for its rows nor for its viewers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

use std::alloc::System;

use downbeat::{Component, GroupId, Replicate, Replicator, Table, Viewer};
use downbeat_schemas::limits::Limits;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROWS: u32 = 1_000;
const GROUPS: u32 = 10;
const VIEWERS: u32 = 200;
const PATCHES: u32 = 50;

#[derive(Component, Clone)]
struct Unit {
    x: f32,
    name: String,
}

#[derive(Replicate, Default)]
struct World {
    #[sync]
    units: Table<u32, Unit>,
}

/// One tick: each unit moves, and some walk into the next group.
fn tick(world: &mut World, number: u32) {
    for (_, mut unit) in world.units.iter_mut() {
        unit.x += 1.0;
    }
    for key in (number..ROWS).step_by(97) {
        world
            .units
            .place(&key, GroupId(1 + (key + number) % GROUPS));
    }
}

fn patch(world: &mut World, replicator: &mut Replicator, viewers: &[Viewer]) {
    replicator.collect(world);
    for viewer in viewers {
        replicator.compose(world, *viewer).unwrap();
    }
}

#[test]
fn a_patch_takes_no_memory() {
    let mut world = World::default();
    let mut replicator = Replicator::new(&Limits::default());
    for key in 0..ROWS {
        let name = format!("unit {key}");
        world.units.insert(key, Unit { x: 0.0, name }).unwrap();
        world.units.place(&key, GroupId(1 + key % GROUPS));
    }
    let viewers: Vec<_> = (0..VIEWERS).map(|_| replicator.add_viewer()).collect();
    for (number, viewer) in viewers.iter().enumerate() {
        for group in 0..GROUPS - 1 {
            let group = GroupId(1 + (number as u32 + group) % GROUPS);
            replicator.watch(*viewer, group).unwrap();
        }
    }
    for number in 0..PATCHES {
        tick(&mut world, number);
        patch(&mut world, &mut replicator, &viewers);
    }
    let region = Region::new(ALLOCATOR);
    for number in PATCHES..2 * PATCHES {
        tick(&mut world, number);
        patch(&mut world, &mut replicator, &viewers);
    }
    let taken = region.change();
    // The harness may take a few blocks of its own meanwhile.
    let blocks = taken.allocations + taken.reallocations;
    assert!(blocks <= PATCHES as usize / 10, "{taken:?}");
}
