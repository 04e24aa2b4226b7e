//! Rooms of the dead are gone in time, those of the living stay; none is over-full.

use std::collections::BTreeMap;

use downbeat_schemas::id::{NodeId, RoomId};

use super::facts::Facts;
use super::{Evidence, Verdict, Violation};
use crate::chaos::entry::Ns;
use crate::chaos::sight::Seen;

/// A room may have begun so shortly before it was looked for that it was not listed yet.
const LISTED_AFTER: Ns = 5_000_000_000;

pub(super) fn check(evidence: &Evidence, facts: &Facts, verdict: &mut Verdict) {
    for (room, taken, of) in &facts.fills {
        if taken > of {
            let (room, taken, of) = (*room, *taken, *of);
            verdict.violate(Violation::Overfull { room, taken, of });
        }
    }
    for sight in &evidence.sights {
        if let Seen::Listed { by, rooms } = &sight.what {
            let rooms = rooms.iter().copied().collect();
            check_listing(evidence, facts, verdict, (sight.at, *by, &rooms));
        }
    }
    check_ends(facts, verdict);
}

fn check_listing(
    evidence: &Evidence,
    facts: &Facts,
    verdict: &mut Verdict,
    (at, by, rooms): (Ns, NodeId, &BTreeMap<RoomId, NodeId>),
) {
    for (room, owner) in rooms {
        if let Some(killed) = facts.killed.get(owner)
            && at > killed + evidence.gone_within
        {
            let (room, owner, late_ns) = (*room, *owner, at - killed);
            verdict.violate(Violation::DeadIsListed {
                room,
                owner,
                by,
                late_ns,
            });
        }
    }
    for room in facts.owners.keys() {
        let Some(owner) = facts.owner_at(*room, at.saturating_sub(LISTED_AFTER)) else {
            continue;
        };
        // It may just be ending.
        let is_over = facts.is_over(*room, owner.node, at + LISTED_AFTER);
        if !is_over && !rooms.contains_key(room) {
            let (room, owner) = (*room, owner.node);
            verdict.violate(Violation::LivingIsNotListed { room, owner, by });
        }
    }
}

/// All nodes that are not killed end their rooms before they go.
fn check_ends(facts: &Facts, verdict: &mut Verdict) {
    for (room, owners) in &facts.owners {
        let Some((_, by, _)) = owners.last().copied() else {
            continue;
        };
        if !facts.ends.contains_key(room) && !facts.killed.contains_key(&by.node) {
            let room = *room;
            verdict.violate(Violation::Vanished { room, by });
        }
    }
}
