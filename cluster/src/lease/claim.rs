//! One claim: what each copy says of a member that this node declares dead.

use std::collections::VecDeque;

use downbeat_schemas::time::Timestamp;

use super::copies::{Copy, masters_where};
use super::member::{Claimant, Member};

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
    pub(crate) since: Timestamp,
    pub(crate) attested: bool,
    pub(crate) stage: Stage,
    pub(crate) marks: Vec<Mark>,
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
    pub(crate) fn goes_at(self) -> Timestamp {
        match self {
            Self::Recovered(at) => at,
            Self::Trying | Self::Recovering => Timestamp(0),
        }
    }
}

/// What one copy says of it.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) says: Says,
    pub(crate) asked: bool,
    pub(crate) next: Timestamp,
    pub(crate) heir: Option<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
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

    pub(crate) fn count(&self, is: impl Fn(Says) -> bool) -> usize {
        self.marks.iter().filter(|mark| is(mark.says)).count()
    }

    pub(crate) fn masters(&self, copies: &[Copy], is: impl Fn(Says) -> bool) -> usize {
        let pairs = copies.iter().zip(&self.marks);
        let claimed = pairs.filter(|(_, mark)| is(mark.says));
        masters_where(claimed.map(|(copy, _)| copy), |_| true)
    }

    /// So many copies do not know it that it cannot hold a lease: it was recovered and forgotten
    /// while a copy could not be reached, or it never held one. There is nothing to recover that
    /// another has not, and only records to be removed.
    pub(crate) fn is_residue(&self) -> bool {
        let blocking = self.marks.len().div_ceil(2);
        self.count(|says| says == Says::Absent) >= blocking
    }

    /// Whether what this member had claimed is this node's: it cannot hold a lease any more.
    pub(crate) fn is_heritable(&self) -> bool {
        self.is_won() || self.is_residue()
    }

    pub(crate) fn is_due_to_go(&self, now: Timestamp) -> bool {
        match self.stage {
            Stage::Recovered(at) => at <= now,
            Stage::Recovering => false,
            Stage::Trying => self.is_residue(),
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.count(|says| matches!(says, Says::Absent | Says::Forgotten)) == self.marks.len()
    }

    /// Whether there is nothing to ask this copy.
    pub(crate) fn is_settled(&self, mark: &Mark) -> bool {
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

    pub(crate) fn add(&mut self, member: Member) {
        if !self.contains(member) {
            self.0.push_back(member);
        }
        if self.0.len() > BURIED_MAX {
            self.0.pop_front();
        }
    }
}
