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
    in_networks(
        "flaws::a_fence_behind_the_end_of_the_lease_is_found",
        |place| {
            let folder = folder("late-fence");
            let flaw = [("DOWNBEAT_TEST_LEASE", "late-fence")];
            let mut harness = Harness::start(place, BINARY, &folder, &flaw).unwrap();
            harness.let_play(SEED);
            let mut random = Random::new(SEED);
            let faults = (1..=FAULTS_MAX).find(|_| {
                let (fault, _) = draw(Kinds::NodesOutOfTouch, &mut random);
                harness.suffer(fault, None).unwrap();
                harness.settle().unwrap();
                let found = harness.look().unwrap().violations;
                // That a node is declared dead while it believes to hold its lease shows the mistake; that
                // it ticks rooms then, the harm.
                found
                    .iter()
                    .any(|found| matches!(found, Violation::DeadWithLease { .. }))
                    && found
                        .iter()
                        .any(|found| matches!(found, Violation::AfterDeath { .. }))
            });
            let faults = faults.expect("ticks after a death are found");
            println!("found after {faults} faults");
            drop(std::fs::remove_dir_all(&folder));
        },
    );
}
