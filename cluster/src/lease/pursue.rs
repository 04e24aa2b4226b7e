//! Which members there is something to do about.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::claim::{Claim, Stage};
use super::copies::masters_where;
use super::machine::{Phase, What};
use super::member::{Claimant, Member, Standing};
use super::output::MemberState;
use super::request::Request;

/// Leases after which a member that only a minority of the copies still knows is cleared away.
const STRAY_AFTER: u32 = 5;

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It is dead, and nobody says so yet.
    Dead { attested: bool },
    /// It was recovered by this node, and a copy still or again has its record.
    Buried,
    /// A copy says that this node declared it dead, which it no longer means.
    Stale { copy: usize, by: Claimant },
}

impl Lease {
    /// Declares dead, claims, inherits and clears away.
    pub(crate) fn pursue(&mut self, now: Timestamp) {
        if !matches!(self.phase, Phase::Held | Phase::Frozen) {
            return;
        }
        self.begin_claims(now);
        self.advance_claims(now);
    }

    pub(crate) fn pursuit_due(&self) -> Timestamp {
        if self.phase != Phase::Held {
            return Timestamp::NEVER;
        }
        let planned = self.planned.values().copied().min();
        self.claims_due().min(planned.unwrap_or(Timestamp::NEVER))
    }

    fn begin_claims(&mut self, now: Timestamp) {
        self.resting.retain(|_, until| *until > now);
        let mut planned = std::mem::take(&mut self.planned);
        planned.retain(|member, _| self.cause(now, *member).is_some());
        let (me, holds) = (self.me(), self.holds(now));
        let open = self.open_questions();
        for member in open {
            let idle = member != me && !self.claims.contains_key(&member);
            let Some(cause) = self.cause(now, member).filter(|_| idle) else {
                continue;
            };
            // A death that is past is a fact, whoever tells it; any other is a right to claim.
            if cause != Cause::Buried && !holds {
                continue;
            }
            let rest = self.resting.get(&member).copied().unwrap_or_default();
            let wait = match cause {
                Cause::Buried => Duration::ZERO,
                _ => self.settings.stagger * self.rank(member),
            };
            let at = planned.entry(member).or_insert(now.after(wait).max(rest));
            if *at <= now {
                planned.remove(&member);
                self.begin(now, member, cause);
            }
        }
        self.planned = planned;
    }

    /// Members that are not simply alive everywhere.
    fn open_questions(&self) -> Vec<Member> {
        let dead = self.copies.iter().flat_map(|copy| copy.entries.values());
        let dead = dead.filter(|entry| entry.standing != Standing::Up);
        let late = self.copies.iter().flat_map(|copy| copy.late.keys());
        let proven = self.suspicions.iter().filter(|(_, s)| s.is_proven());
        let mut open: Vec<Member> = dead.map(|entry| entry.member).collect();
        open.extend(late);
        open.extend(proven.map(|(member, _)| member));
        let buried = self.buried.iter();
        open.extend(buried.filter(|member| self.members.contains_key(member)));
        open.sort_unstable();
        open.dedup();
        open
    }

    fn begin(&mut self, now: Timestamp, member: Member, cause: Cause) {
        if let Cause::Stale { copy, by } = cause {
            let request = Request::Unclaim { member, by };
            self.ask(now, copy, request, false, What::Tidy);
            self.resting.insert(member, now.after(self.settings.lease));
            return;
        }
        self.last_round += 1;
        let attested = cause != Cause::Dead { attested: false };
        let mut claim = Claim::new(now, self.last_round, attested, self.copies.len());
        if cause == Cause::Buried {
            claim.stage = Stage::Recovered(now);
        } else {
            self.counts.claims += 1;
        }
        self.claims.insert(member, claim);
    }

    fn cause(&self, now: Timestamp, member: Member) -> Option<Cause> {
        if self.buried.contains(member) && self.members.contains_key(&member) {
            return Some(Cause::Buried);
        }
        let attested = self.suspicions.get(&member).is_some_and(|s| s.is_proven());
        let (mut inherited, mut taken) = (false, false);
        for (copy, state) in self.copies.iter().enumerate() {
            match state.standing(member) {
                Some(Standing::Dead(by)) if by.member == self.me() => {
                    return Some(Cause::Stale { copy, by });
                }
                Some(Standing::Dead(by)) if self.inherits(by.member) => inherited = true,
                // Another's to recover. If that one is dead too, its heir follows.
                Some(Standing::Dead(_)) => taken = true,
                _ => {}
            }
        }
        if taken && !inherited {
            return None;
        }
        let dead = attested || inherited || self.is_late(member) || self.is_stray(now, member);
        dead.then_some(Cause::Dead { attested })
    }

    pub(crate) fn inherits(&self, member: Member) -> bool {
        self.claims.get(&member).is_some_and(Claim::is_heritable)
    }

    fn is_late(&self, member: Member) -> bool {
        let late = masters_where(self.copies.iter(), |copy| copy.late.contains_key(&member));
        late >= self.settings.majority()
    }

    /// Its lease ended on one copy long ago, and on none does it live.
    fn is_stray(&self, now: Timestamp, member: Member) -> bool {
        let since = self.copies.iter().filter_map(|copy| copy.late.get(&member));
        let long = self.settings.lease * STRAY_AFTER;
        let long_ago = since.min().is_some_and(|since| now.since(*since) > long);
        long_ago && !self.copies.iter().any(|copy| copy.is_up(member))
    }

    /// How many other living members come before this node in declaring this one dead.
    pub(crate) fn rank(&self, member: Member) -> u32 {
        let own = order(member, self.me());
        let before = self.members.iter().filter(|(other, view)| {
            **other != member && view.state == MemberState::Up && order(member, **other) < own
        });
        // More than this would be no sooner than the next renewal tells who it is.
        before.take(8).count() as u32
    }
}

/// Who comes first for whom: another order for each member, the same on every node.
pub(crate) fn order(of: Member, candidate: Member) -> (u64, Member) {
    let seed = of.node.0 ^ of.incarnation.0.rotate_left(32);
    let mixed = (seed ^ candidate.node.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29), candidate)
}
