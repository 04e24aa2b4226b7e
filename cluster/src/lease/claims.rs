//! Declaring a member dead on every copy, being the one to recover it, and forgetting it.

use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::claim::{Claim, PATIENCE, Says, Stage};
use super::machine::What;
use super::member::{Claimant, Member, Standing};
use super::output::{Answer, Event, RequestId};
use super::pursue::order;
use super::reply::Outcome;
use super::request::Request;

impl Lease {
    /// All rooms of this member are claimed, restored or removed: its record may go.
    pub fn on_recovered(&mut self, now: Timestamp, member: Member) {
        let at = now.after(self.settings.linger);
        if let Some(claim) = self.claims.get_mut(&member)
            && claim.stage == Stage::Recovering
        {
            claim.stage = Stage::Recovered(at);
            for mark in claim.marks.iter_mut().filter(|m| m.says == Says::Strong) {
                mark.next = at;
            }
        }
        self.poll(now);
    }

    /// What a copy has said of the dead holds only while its list does not say otherwise: it may
    /// have lost it, and then who was declared dead may be back.
    pub(crate) fn doubt_marks(&mut self, now: Timestamp, copy: usize) {
        let state = &self.copies[copy];
        for (member, claim) in &mut self.claims {
            let mark = &mut claim.marks[copy];
            if state.standing(*member) == Some(Standing::Up) && mark.says != Says::Nothing {
                (mark.says, mark.next) = (Says::Nothing, now);
            }
        }
    }

    /// Sends what is due for each claim.
    pub(crate) fn advance_claims(&mut self, now: Timestamp) {
        let members: Vec<Member> = self.claims.keys().copied().collect();
        for member in members {
            self.decide(now, member);
            for copy in 0..self.copies.len() {
                self.advance(now, member, copy);
            }
        }
    }

    pub(crate) fn claims_due(&self) -> Timestamp {
        let open = self.claims.values().flat_map(|claim| {
            let open = claim.marks.iter().filter(|mark| !claim.is_settled(mark));
            open.filter(|mark| !mark.asked).map(|mark| mark.next)
        });
        open.min().unwrap_or(Timestamp::NEVER)
    }

    pub(crate) fn on_declare(
        &mut self,
        now: Timestamp,
        copy: usize,
        member: Member,
        answer: Option<&Answer>,
    ) {
        let (retry, renew) = (self.settings.retry, self.settings.renew);
        let heir = self.inherited_from(answer);
        let Some(claim) = self.claims.get_mut(&member) else {
            return;
        };
        let mark = &mut claim.marks[copy];
        mark.asked = false;
        let Some(Answer { reply, replicas }) = answer else {
            mark.next = now.after(retry);
            return;
        };
        mark.next = now.after(renew);
        mark.says = match reply.outcome {
            Outcome::Claimed(_) if *replicas > 0 || !self.settings.confirm => Says::Strong,
            Outcome::Claimed(_) => Says::Weak,
            Outcome::Taken(by) => Says::Taken(by),
            Outcome::Alive { .. } => Says::Alive,
            Outcome::Absent => Says::Absent,
            _ => Says::Nothing,
        };
        if mark.says == Says::Strong {
            mark.next = mark.next.max(claim.stage.goes_at());
        }
        if mark.says == Says::Weak {
            self.counts.unconfirmed += 1;
        }
        if heir.is_some() && mark.heir != heir {
            (mark.heir, mark.next) = (heir, now);
        }
        self.decide(now, member);
    }

    pub(crate) fn on_forget(
        &mut self,
        now: Timestamp,
        copy: usize,
        member: Member,
        answer: Option<&Answer>,
    ) {
        let (retry, wait) = (self.settings.retry, self.settings.lease);
        let Some(claim) = self.claims.get_mut(&member) else {
            return;
        };
        let mark = &mut claim.marks[copy];
        mark.asked = false;
        mark.next = now.after(if answer.is_some() { wait } else { retry });
        if answer.is_some_and(|answer| answer.reply.outcome == Outcome::Done) {
            mark.says = Says::Forgotten;
        }
        self.decide(now, member);
    }

    /// The dead member whose claim stands in the way, if what it claimed is this node's now.
    fn inherited_from(&self, answer: Option<&Answer>) -> Option<Member> {
        let Outcome::Taken(by) = answer?.reply.outcome else {
            return None;
        };
        let claim = self.claims.get(&by.member)?;
        claim.is_heritable().then_some(by.member)
    }

    /// Whether it is won, lost or at its end.
    fn decide(&mut self, now: Timestamp, member: Member) {
        let Some(claim) = self.claims.get(&member) else {
            return;
        };
        let is_gone = claim.is_gone();
        match claim.stage {
            // Only a node that holds its lease has the right to anything, its claims included.
            Stage::Trying if !self.holds(now) => {}
            Stage::Trying if self.is_enough(claim) => self.win(member),
            Stage::Trying if claim.is_gone() => {
                if claim.count(|says| says == Says::Forgotten) > 0 {
                    self.tell(Event::Cleared(member));
                }
                self.claims.remove(&member);
                self.resting.insert(member, now.after(self.settings.lease));
            }
            Stage::Trying if self.is_hopeless(now, member, claim) => self.give_up(now, member),
            Stage::Recovered(at) if is_gone || at.after(self.settings.lease * 10) <= now => {
                self.claims.remove(&member);
                self.buried.add(member);
                // A copy that could not be reached keeps a record; it is removed when it shows.
                let rest = if is_gone {
                    self.settings.lease
                } else {
                    self.settings.linger
                };
                self.resting.insert(member, now.after(rest));
            }
            _ => {}
        }
    }

    /// A majority on as many masters, confirmed; or every single copy.
    fn is_enough(&self, claim: &Claim) -> bool {
        let strong = claim.masters(&self.copies, |says| says == Says::Strong);
        let any = |says| matches!(says, Says::Strong | Says::Weak);
        let all =
            self.settings.all_suffice && claim.masters(&self.copies, any) == self.settings.copies;
        strong >= self.settings.majority() || all
    }

    fn win(&mut self, member: Member) {
        if let Some(claim) = self.claims.get_mut(&member) {
            claim.stage = Stage::Recovering;
            self.counts.recoveries += 1;
            self.tell(Event::Recover(member));
        }
    }

    /// Whether to make way, for the member or for another.
    ///
    /// What was inherited stays: the one before may have been the recoverer, and then the member
    /// must never live again. Only if it lives on so many copies that there was none, it may.
    fn is_hopeless(&self, now: Timestamp, member: Member, claim: &Claim) -> bool {
        if self.lives(claim) {
            return true;
        }
        let against = claim.count(|says| matches!(says, Says::Taken(_) | Says::Alive));
        let yields = claim.marks.iter().any(|mark| match mark.says {
            Says::Taken(by) => order(member, by.member) < order(member, self.me()),
            _ => false,
        });
        let inherits = claim.marks.iter().any(|mark| mark.heir.is_some());
        let impatient = now.since(claim.since) > self.settings.lease * PATIENCE;
        !inherits && (yields || impatient || against >= self.settings.blocking())
    }

    /// On so many masters that nobody can be its recoverer.
    fn lives(&self, claim: &Claim) -> bool {
        claim.masters(&self.copies, |says| says == Says::Alive) >= self.settings.blocking()
    }

    /// Takes the claim back where it was or may have been made. Another try follows if need be.
    fn give_up(&mut self, now: Timestamp, member: Member) {
        let Some(claim) = self.claims.remove(&member) else {
            return;
        };
        self.counts.unclaims += 1;
        let by = self.claimant(claim.round);
        for (copy, mark) in claim.marks.iter().enumerate() {
            if mark.asked || matches!(mark.says, Says::Weak | Says::Strong) {
                let request = Request::Unclaim { member, by };
                self.ask(now, copy, request, false, What::Tidy);
            }
        }
        if self.lives(&claim) {
            self.release_inherited(now, member);
        }
        let rank = self.rank(member);
        let rest = self.settings.stagger * (rank + 2);
        self.resting.insert(member, now.after(rest));
    }

    /// What a dead member, whose heir this node is, had begun is given up too.
    fn release_inherited(&mut self, now: Timestamp, member: Member) {
        for copy in 0..self.copies.len() {
            if let Some(Standing::Dead(by)) = self.copies[copy].standing(member)
                && self.inherits(by.member)
            {
                let request = Request::Unclaim { member, by };
                self.ask(now, copy, request, false, What::Tidy);
            }
        }
    }

    fn advance(&mut self, now: Timestamp, member: Member, copy: usize) {
        let holds = self.holds(now);
        let me = self.me();
        let Some(claim) = self.claims.get_mut(&member) else {
            return;
        };
        let (goes, won) = (claim.is_due_to_go(now), claim.is_won());
        let attested = claim.attested || won;
        let by = Claimant {
            member: me,
            round: claim.round,
        };
        let settled = claim.is_settled(&claim.marks[copy]);
        let mark = &mut claim.marks[copy];
        if mark.asked || mark.next > now || (settled && !goes) {
            return;
        }
        let heir = mark.heir;
        let (request, what) = match mark.says {
            Says::Forgotten | Says::Absent if goes => return,
            // Somebody else's by now: that one will forget it.
            Says::Taken(by) if goes && heir != Some(by.member) => {
                mark.says = Says::Forgotten;
                return;
            }
            Says::Weak | Says::Strong if goes => {
                let request = Request::Forget { member, by: me };
                (request, What::Forget(member))
            }
            _ if !holds && !won => return,
            _ => {
                let request = Request::Declare {
                    member,
                    by,
                    attested,
                    heir,
                };
                (request, What::Declare(member))
            }
        };
        mark.asked = true;
        let _id: RequestId = self.ask(now, copy, request, true, what);
    }

    pub(crate) fn claimant(&self, round: u64) -> Claimant {
        Claimant {
            member: self.me(),
            round,
        }
    }
}
