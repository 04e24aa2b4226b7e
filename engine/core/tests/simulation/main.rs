//! Seeded runs of a room's state with several viewers: after each patch, each viewer's mirror is
//! exactly the rows of its watched groups, and a twin that is frozen and thawed says the same bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

mod model;
mod random;
mod world;

use random::Random;
use world::World;

const RUNS: u64 = 3_000;
const PATCHES: usize = 40;

#[test]
fn mirrors_equal_the_watched_rows() {
    for seed in 0..RUNS {
        let mut random = Random::new(seed);
        let mut world = World::new(&mut random);
        for _ in 0..PATCHES {
            for _ in 0..random.below(12) {
                world.act(&mut random);
            }
            world.patch(&mut random);
        }
    }
}

#[test]
fn thawed_twins_say_the_same_bytes() {
    for seed in 0..RUNS / 4 {
        let mut random = Random::new(seed);
        let mut world = World::new(&mut random);
        let mut twin = World::new(&mut Random::new(seed));
        let mut twin_random = random.clone();
        for patch in 0..PATCHES as u64 {
            for _ in 0..random.below(12) {
                world.act(&mut random);
            }
            for _ in 0..twin_random.below(12) {
                twin.act(&mut twin_random);
            }
            if (seed + patch).is_multiple_of(3) {
                twin = twin.freeze_and_thaw();
            }
            let said = world.patch(&mut random);
            assert_eq!(
                said,
                twin.patch(&mut twin_random),
                "seed {seed}, patch {patch}"
            );
        }
    }
}
