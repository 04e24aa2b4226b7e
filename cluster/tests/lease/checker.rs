//! What must hold at every moment, judged from outside by the one true time.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_cluster::lease::Member;

/// Who is dead, who recovered whom, and what that forbids.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    /// Members that ever held a lease.
    pub(crate) lived: BTreeSet<Member>,
    /// Who recovers, the last one last.
    recoverers: BTreeMap<Member, Vec<Member>>,
    /// Members that may never tick again.
    fenced: BTreeSet<Member>,
    pub(crate) recovered: BTreeSet<Member>,
    pub(crate) violation: Option<String>,
}

impl Checker {
    /// `by` may take the rooms of `member` from now on. `may_tick` says who could at this moment.
    pub(crate) fn recover(
        &mut self,
        member: Member,
        by: Member,
        may_tick: impl Fn(Member) -> bool,
    ) {
        if self.fenced.contains(&by) {
            self.violate(format!("{by} is fenced and recovers {member}"));
        }
        let recoverers = self.recoverers.entry(member).or_default();
        let mut out: Vec<Member> = recoverers.clone();
        out.retain(|former| *former != by);
        out.push(member);
        recoverers.push(by);
        for out in out {
            self.fenced.insert(out);
            if may_tick(out) {
                self.violate(format!("{by} recovers {member}, and {out} may tick"));
            }
        }
    }

    /// What is left of `member` is removed.
    pub(crate) fn clear(&mut self, member: Member, may_tick: impl Fn(Member) -> bool) {
        self.recovered.insert(member);
        self.fenced.insert(member);
        if may_tick(member) {
            self.violate(format!("{member} is cleared away and may tick"));
        }
    }

    /// The rights of `member` last beyond this moment.
    pub(crate) fn may_tick(&mut self, member: Member) {
        if self.fenced.contains(&member) {
            self.violate(format!("{member} may tick, and its rooms are another's"));
        }
    }

    pub(crate) fn violate(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }
}
