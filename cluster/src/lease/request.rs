//! What a node asks of a copy: the arguments of `lua/lease.lua`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::LeaseSettings;
use super::member::{Claimant, Member};
use crate::copies::COPY_TAGS;

/// The script that answers every request.
pub const SCRIPT: &str = include_str!("../lua/lease.lua");

/// The keys of a copy: its table and its clock, in one slot.
///
/// # Panics
/// If there is no such copy.
pub fn copy_keys(prefix: &str, copy: usize) -> [Vec<u8>; 2] {
    let tag = COPY_TAGS[copy];
    ["nodes", "clock"].map(|key| format!("{prefix}:{{{tag}}}:{key}").into_bytes())
}

/// The state of a copy's list of members that a node has seen last; all zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Rises with each change.
    pub number: u64,
    /// The first 32 bits of the server's run id: of two masters of one failover
    /// each may have counted on.
    pub server: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08x}", self.number, self.server)
    }
}

/// One request to one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Only the members and the time.
    Look {
        /// Members are listed if there is another version.
        seen: Version,
    },
    /// A new lease from now on.
    Renew {
        /// Who asks.
        member: Member,
        /// As in [`Self::Look`].
        seen: Version,
        /// Whether an absent record is made: only by one that was never declared dead.
        create: bool,
        /// What the record tells about the node.
        about: Arc<str>,
    },
    /// `member` is dead, and `by` will recover its rooms.
    Declare {
        /// Who is dead.
        member: Member,
        /// Who says so, and in which attempt.
        by: Claimant,
        /// Its death is proven: its lease need not have ended.
        attested: bool,
        /// A member that `by` has the right to recover: what it claimed is inherited.
        heir: Option<Member>,
    },
    /// The attempt was given up; the member lives again in this copy.
    Unclaim {
        /// Who was declared dead.
        member: Member,
        /// In which attempt of whom.
        by: Claimant,
    },
    /// The rooms of a dead member are recovered: its record goes.
    Forget {
        /// Who was declared dead.
        member: Member,
        /// Who recovered it.
        by: Member,
    },
    /// The member gives its lease back.
    Leave {
        /// Who asks.
        member: Member,
    },
}

impl Request {
    /// The arguments of the script.
    pub fn args(&self, settings: &LeaseSettings) -> Vec<Vec<u8>> {
        let head = [
            self.verb().to_owned(),
            millis(settings.lease),
            millis(settings.table_ttl),
        ];
        let own = self.own_args();
        let all = head.into_iter().chain(own);
        all.map(String::into_bytes).collect()
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Look { .. } => "look",
            Self::Renew { .. } => "renew",
            Self::Declare { .. } => "declare",
            Self::Unclaim { .. } => "unclaim",
            Self::Forget { .. } => "forget",
            Self::Leave { .. } => "leave",
        }
    }

    fn own_args(&self) -> Vec<String> {
        match self {
            Self::Look { seen } => vec![seen.to_string()],
            Self::Renew {
                member,
                seen,
                create,
                about,
            } => vec![
                member.to_string(),
                seen.to_string(),
                flag(*create),
                about.to_string(),
            ],
            Self::Declare {
                member,
                by,
                attested,
                heir,
            } => vec![
                member.to_string(),
                by.member.to_string(),
                by.round.to_string(),
                flag(*attested),
                heir.map_or_else(String::new, |heir| heir.to_string()),
            ],
            Self::Unclaim { member, by } => vec![
                member.to_string(),
                by.member.to_string(),
                by.round.to_string(),
            ],
            Self::Forget { member, by } => vec![member.to_string(), by.to_string()],
            Self::Leave { member } => vec![member.to_string()],
        }
    }
}

fn flag(on: bool) -> String {
    if on { "1" } else { "0" }.to_owned()
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}
