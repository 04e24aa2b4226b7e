//! A seat that was told of is there, or its room was reported lost.

use std::collections::BTreeMap;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{NodeId, RoomId, SessionId};

use super::facts::Facts;
use super::{Evidence, Verdict, Violation};
use crate::chaos::entry::Ns;
use crate::chaos::sight::Seen;

pub(super) fn check(evidence: &Evidence, facts: &Facts, verdict: &mut Verdict) {
    check_acks(facts, verdict);
    let mut told: BTreeMap<SessionId, (RoomId, NodeId)> = BTreeMap::new();
    for sight in &evidence.sights {
        match &sight.what {
            Seen::Told {
                room,
                session,
                owner,
            } => {
                verdict.seats += 1;
                told.insert(*session, (*room, *owner));
                check_told(evidence, facts, verdict, (sight.at, *room, *owner));
            }
            Seen::Taken(_) => verdict.taken += 1,
            Seen::GaveUp { session, why } => {
                if let Some((room, owner)) = told.get(session).copied() {
                    let at = sight.at;
                    match facts.is_over(room, owner, at) {
                        true => verdict.lost += 1,
                        false => verdict.violate(Violation::NoAnswer {
                            room,
                            session: *session,
                            why: why.clone(),
                        }),
                    }
                }
            }
            Seen::Refused {
                session,
                by,
                code,
                reason,
                may_be_taken,
            } => {
                let Some((room, owner)) = told.get(session).copied() else {
                    continue;
                };
                // Its owner knows the seat: the welcome of an earlier try got lost.
                let was_taken = *may_be_taken && *code == CloseCode::SeatExpired.code();
                if facts.is_over(room, owner, sight.at) {
                    verdict.lost += 1;
                } else if was_taken {
                    verdict.taken += 1;
                } else {
                    verdict.violate(Violation::NoSuchSeat {
                        room,
                        session: *session,
                        owner,
                        said: format!("{by} says {code}: {reason}"),
                    });
                }
            }
            Seen::Killed(_) | Seen::Harm(_) | Seen::Listed { .. } => {}
        }
    }
}

/// What a node that was killed did last may not have been written down.
fn check_acks(facts: &Facts, verdict: &mut Verdict) {
    verdict.acks = facts.acks.len();
    for (_, room, owner) in &facts.acks {
        if !facts.owners.contains_key(room) && !facts.killed.contains_key(owner) {
            let (room, owner) = (*room, *owner);
            verdict.violate(Violation::SeatInNoRoom { room, owner });
        }
    }
}

fn check_told(
    evidence: &Evidence,
    facts: &Facts,
    verdict: &mut Verdict,
    (at, room, owner): (Ns, RoomId, NodeId),
) {
    if let Some(killed) = facts.killed.get(&owner)
        && at > killed + evidence.gone_within
    {
        let late_ns = at - killed;
        verdict.violate(Violation::SeatWithTheDead {
            room,
            owner,
            late_ns,
        });
    }
}
