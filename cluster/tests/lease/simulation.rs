//! Many seeds, and the controls that show what the seeds can find.

use super::faults::{Plan, run, trace};
use super::world::Tally;

/// Runs seeds one after the other; a violation names its seed.
fn run_all(seeds: std::ops::Range<u64>, plan: &Plan) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds {
        match run(seed, plan) {
            Ok(tally) => {
                sum.steps += tally.steps;
                sum.freezes += tally.freezes;
                sum.thaws += tally.thaws;
                sum.moves += tally.moves;
                sum.recoveries += tally.recoveries;
                sum.failovers += tally.failovers;
            }
            Err(violation) => {
                println!("{}", trace(seed, plan));
                panic!("seed {seed}: {violation}");
            }
        }
    }
    println!("{sum:?}");
    sum
}

#[test]
fn three_copies_survive_any_two_failovers() {
    run_all(0..20_000, &Plan::cluster());
}

#[test]
fn one_copy_with_replicas_survives_them_too() {
    run_all(0..20_000, &Plan::sentinel());
}
