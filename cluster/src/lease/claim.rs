//! Declaring a member dead on every copy, being the one to recover it, and forgetting it.

use std::collections::VecDeque;

use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::copies::{Copy, masters_where};
use super::machine::What;
use super::member::{Claimant, Member, Standing};
use super::output::{Answer, Event, RequestId};
use super::reply::Outcome;
use super::request::Request;

/// Recovered members that are remembered after their records went, to tell them to a table that
/// lost everything. The oldest goes first; a node that was paused since then, and whose death all
/// copies lost as well, would not be told.
const BURIED_MAX: usize = 64;

/// Leases after which an attempt that did not succeed is given up and begun anew.
pub(crate) const PATIENCE: u32 = 3;

/// One member that this node declares, or has declared, dead.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) round: u64,
    since: Timestamp,
    attested: bool,
    pub(crate) stage: Stage,
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not enough copies say that it is this node's.
    Trying,
    /// This node recovers its rooms.
    Recovering,
    /// It is recovered; its record goes at this time.
    Recovered(Timestamp),
}

impl Stage {
    /// When the record may go; zero while that is not known.
    fn goes_at(self) -> Timestamp {
        match self {
            Self::Recovered(at) => at,
            Self::Trying | Self::Recovering => Timestamp(0),
        }
    }
}

/// What one copy says of it.
#[derive(Debug)]
struct Mark {
    says: Says,
    asked: bool,
    next: Timestamp,
    heir: Option<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing that counts.
    Nothing,
    /// This node's, but only the master has it.
    Weak,
    /// This node's, and a replica has it too.
    Strong,
    Taken(Claimant),
    Alive,
    Absent,
    Forgotten,
}

impl Claim {
    pub(crate) fn new(now: Timestamp, round: u64, attested: bool, copies: usize) -> Self {
        let mark = || Mark {
            says: Says::Nothing,
            asked: false,
            next: now,
            heir: None,
        };
        Self {
            round,
            since: now,
            attested,
            stage: Stage::Trying,
            marks: (0..copies).map(|_| mark()).collect(),
        }
    }

    /// Whether this node is, or was, the one to recover it.
    pub(crate) fn is_won(&self) -> bool {
        self.stage != Stage::Trying
    }

    fn count(&self, is: impl Fn(Says) -> bool) -> usize {
        self.marks.iter().filter(|mark| is(mark.says)).count()
    }

    fn masters(&self, copies: &[Copy], is: impl Fn(Says) -> bool) -> usize {
        let pairs = copies.iter().zip(&self.marks);
        let claimed = pairs.filter(|(_, mark)| is(mark.says));
        masters_where(claimed.map(|(copy, _)| copy), |_| true)
    }

    /// So many copies do not know it that it cannot hold a lease: it was recovered and forgotten
    /// while a copy could not be reached, or it never held one. There is nothing to recover that
    /// another has not, and only records to be removed.
    fn is_residue(&self) -> bool {
        let blocking = self.marks.len().div_ceil(2);
        self.count(|says| says == Says::Absent) >= blocking
    }

    /// Whether what this member had claimed is this node's: it cannot hold a lease any more.
    pub(crate) fn is_heritable(&self) -> bool {
        self.is_won() || self.is_residue()
    }

    fn is_due_to_go(&self, now: Timestamp) -> bool {
        match self.stage {
            Stage::Recovered(at) => at <= now,
            Stage::Recovering => false,
            Stage::Trying => self.is_residue(),
        }
    }

    fn is_gone(&self) -> bool {
        self.count(|says| matches!(says, Says::Absent | Says::Forgotten)) == self.marks.len()
    }

    /// Whether there is nothing to ask this copy.
    fn is_settled(&self, mark: &Mark) -> bool {
        match self.stage {
            Stage::Trying if self.is_residue() => {
                matches!(mark.says, Says::Absent | Says::Forgotten)
            }
            Stage::Trying => mark.says == Says::Strong,
            Stage::Recovering => matches!(mark.says, Says::Strong | Says::Absent),
            Stage::Recovered(_) => matches!(mark.says, Says::Absent | Says::Forgotten),
        }
    }
}

/// Recovered members whose records went.
#[derive(Debug, Default)]
pub(crate) struct Buried(VecDeque<Member>);

impl Buried {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Member> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn contains(&self, member: Member) -> bool {
        self.0.contains(&member)
    }

    fn add(&mut self, member: Member) {
        if !self.contains(member) {
            self.0.push_back(member);
        }
        if self.0.len() > BURIED_MAX {
            self.0.pop_front();
        }
    }
}

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

    /// How many other living members come before this node in declaring this one dead.
    pub(crate) fn rank(&self, member: Member) -> u32 {
        let own = order(member, self.me());
        let before = self.members.iter().filter(|(other, view)| {
            **other != member
                && view.state == super::MemberState::Up
                && order(member, **other) < own
        });
        // More than this would be no sooner than the next renewal tells who it is.
        before.take(8).count() as u32
    }
}

/// Who comes first for whom: another order for each member, the same on every node.
fn order(of: Member, candidate: Member) -> (u64, Member) {
    let seed = of.node.0 ^ of.incarnation.0.rotate_left(32);
    let mixed = (seed ^ candidate.node.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29), candidate)
}
