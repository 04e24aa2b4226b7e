//! The relay from outside: a seeded simulation of it, and its bytes.
#![allow(clippy::unwrap_used, reason = "all of this is test")]
#![allow(clippy::indexing_slicing, reason = "all of this is test")]

mod checks;
mod corpus;
mod courier;
mod edge;
mod golden;
mod log;
mod network;
mod owner;
mod pair;
mod random;
mod scenarios;
mod words;
mod world;

use checks::Tally;
use courier::{Courier, Trick};
use world::World;

fn run(seed: u64, trick: Trick) -> (Result<(), String>, Tally) {
    let mut world = World::new(seed, Courier::new(trick));
    let result = world.run();
    (result, world.tally())
}

fn run_all(seeds: std::ops::Range<u64>) -> Tally {
    let mut all = Tally::default();
    for seed in seeds {
        let (result, tally) = run(seed, Trick::Honest);
        if let Err(wrong) = result {
            panic!("seed {seed}: {wrong}");
        }
        all.add(&tally);
    }
    all
}

#[test]
fn clients_hear_everything_once_and_in_order_whatever_the_network_does() {
    let tally = run_all(0..300);
    // A simulation in which nothing goes wrong proves nothing.
    let happened = [
        tally.heard,
        tally.restarts,
        tally.entries_resent,
        tally.stale_epochs,
        tally.duplicates,
        tally.gaps,
        tally.owners,
        tally.rows_withheld,
        tally.forgotten,
    ];
    assert!(happened.iter().all(|count| *count > 20), "{tally:?}");
}

#[test]
#[ignore = "minutes: for changes of the protocol"]
fn clients_hear_everything_at_length() {
    run_all(300..5_000);
}

/// How many of some seeds find a fault.
fn faults_found(trick: Trick) -> usize {
    let results = (0..40).map(|seed| run(seed, trick).0);
    results.filter(Result::is_err).count()
}

#[test]
fn an_owner_that_cannot_number_entries_is_found_out() {
    let found = faults_found(Trick::NumbersLetters);
    assert!(found >= 20, "{found} of 40");
}

#[test]
fn an_edge_that_cannot_number_frames_is_found_out() {
    let found = faults_found(Trick::NumbersFrames);
    assert!(found >= 20, "{found} of 40");
}
