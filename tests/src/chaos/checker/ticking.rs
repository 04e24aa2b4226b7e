//! No room ticks twice at once, none behind a fence or after its node's death.

use downbeat_cluster::lease::Member;
use downbeat_schemas::id::RoomId;

use super::facts::Facts;
use super::{Verdict, Violation};
use crate::chaos::entry::{Ns, Tick};

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for (room, ticks) in &facts.ticks {
        for (began, by, tick) in ticks {
            check_one(facts, verdict, *began, *by, tick);
        }
        check_overlap(verdict, *room, ticks);
    }
}

fn check_one(facts: &Facts, verdict: &mut Verdict, began: Ns, by: Member, tick: &Tick) {
    let room = tick.room;
    verdict.ticks += 1;
    verdict.ticks_kept_back += usize::from(!tick.spoke);
    if began >= tick.fence {
        let late_ns = began - tick.fence;
        verdict.violate(Violation::BehindFence { room, by, late_ns });
    }
    match facts.owner_at(room, began) {
        None => verdict.violate(Violation::NotOwned { room, by }),
        Some(owned) if owned.node == by.node && owned != by => {
            let ticked = by;
            verdict.violate(Violation::InAnotherLife {
                room,
                owned,
                ticked,
            });
        }
        Some(owned) if owned != by => verdict.violate(Violation::NotOwned { room, by }),
        Some(_) => {}
    }
    if let Some((died, heir)) = facts.died_at(by)
        && last_moment(began, tick) >= died
    {
        let late_ns = last_moment(began, tick) - died;
        verdict.violate(Violation::AfterDeath {
            room,
            by,
            heir,
            late_ns,
        });
    }
}

/// A tick during which its node was stopped for a while, so that its fence had passed when it was
/// ready, changed nothing but memory that is thrown away: it counts until it began.
const fn last_moment(began: Ns, tick: &Tick) -> Ns {
    if tick.spoke { tick.done } else { began }
}

fn check_overlap(verdict: &mut Verdict, room: RoomId, ticks: &[(Ns, Member, Tick)]) {
    let mut before: Option<(Ns, Member)> = None;
    for (began, by, tick) in ticks {
        if let Some((until, first)) = before
            && first != *by
            && *began < until
        {
            let (second, at) = (*by, *began);
            verdict.violate(Violation::TwoTick {
                room,
                first,
                second,
                at,
            });
        }
        let until = last_moment(*began, tick);
        if before.is_none_or(|(before, _)| before <= until) {
            before = Some((until, *by));
        }
    }
}
