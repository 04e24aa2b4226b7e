//! Who was declared dead had no lease, and has one recoverer; epochs rise.

use super::facts::Facts;
use super::{Verdict, Violation};

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    verdict.deaths = facts.heirs.len();
    for (dead, heirs) in &facts.heirs {
        for (at, heir) in heirs {
            if let Some(fence) = facts.fence_at(*dead, *at)
                && fence > *at
                && !facts.killed.contains_key(&dead.node)
            {
                let (dead, heir, left_ns) = (*dead, *heir, fence - at);
                verdict.violate(Violation::DeadWithLease {
                    dead,
                    heir,
                    left_ns,
                });
            }
        }
        for pair in heirs.windows(2) {
            let ((_, first), (at, second)) = (pair[0], pair[1]);
            // Another may follow an heir who died, or has done its work: copies whose masters came
            // back empty do not know that the dead is dead, and it is cleared away again.
            let died = facts.died_at(first).is_some_and(|(died, _)| died <= at);
            let is_done = facts.has_recovered(first, *dead, at);
            if first != second && !died && !is_done {
                verdict.violate(Violation::TwoHeirs {
                    dead: *dead,
                    first,
                    second,
                });
            }
        }
    }
    for (room, owners) in &facts.owners {
        for pair in owners.windows(2) {
            let ((_, _, before), (_, by, epoch)) = (pair[0], pair[1]);
            if epoch <= before {
                let room = *room;
                verdict.violate(Violation::EpochDoesNotRise { room, by, epoch });
            }
        }
    }
}
