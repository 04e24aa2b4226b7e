//! Nodes that keep their lease badly are found.

use downbeat_tests::chaos::checker::Violation;
use downbeat_tests::chaos::fault::Kinds;
use downbeat_tests::chaos::harness::{Harness, draw};
use downbeat_tests::chaos::net::in_networks;
use downbeat_tests::random::Random;

use super::{BINARY, SEED, folder};

/// Faults after which a mistake must have been found.
const FAULTS_MAX: usize = 8;

#[test]
fn a_fence_behind_the_end_of_the_lease_is_found() {
    let test = "flaws::a_fence_behind_the_end_of_the_lease_is_found";
    is_found(test, ("DOWNBEAT_TEST_LEASE", "late-fence"), |found| {
        // The mistake, and its harm.
        let declared = |found: &Violation| matches!(found, Violation::DeadWithLease { .. });
        found.iter().any(declared) && found.iter().any(ticks_on)
    });
}

/// What is told to be for a node that is the only one.
#[test]
fn rooms_that_go_on_without_redis_are_found() {
    let test = "flaws::rooms_that_go_on_without_redis_are_found";
    let goes_on = ("DOWNBEAT_ON_REDIS_LOSS", "continue");
    is_found(test, goes_on, |found| found.iter().any(ticks_on));
}

fn ticks_on(found: &Violation) -> bool {
    matches!(found, Violation::AfterDeath { .. })
}

/// Nodes with a flaw go through faults until the checker finds what it is to find.
fn is_found(test: &str, flaw: (&str, &str), is_it: impl Fn(&[Violation]) -> bool) {
    in_networks(test, |place| {
        let folder = folder(&test.replace("::", "-"));
        let mut harness = Harness::start(place, BINARY, &folder, &[flaw]).unwrap();
        harness.let_play(SEED);
        let mut random = Random::new(SEED);
        let faults = (1..=FAULTS_MAX).find(|_| {
            let (fault, _) = draw(Kinds::NodesOutOfTouch, &mut random);
            harness.suffer(fault, None).unwrap();
            harness.settle().unwrap();
            is_it(&harness.look().unwrap().violations)
        });
        let faults = faults.expect("the flaw is found");
        println!("{test}: after {faults} faults");
        harness.wreck();
        drop(std::fs::remove_dir_all(&folder));
    });
}
