//! Who holds a lease, and what its record in a copy says.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use downbeat_schemas::id::NodeId;

/// Longest text that a node may tell about itself, in bytes: every other node reads it.
pub const ABOUT_MAX: usize = 4096;

/// Rises with each start of a node and each time it comes back from being declared dead.
///
/// It is Redis time in milliseconds, or one more than the last if that is higher: so it rises also
/// where Redis forgot the last one. Below 2^53, for Lua counts in doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of a node. Leases, rooms and deaths belong to it and never to the node as such.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The process.
    pub node: NodeId,
    /// Which of its lives.
    pub incarnation: Incarnation,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.incarnation)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({self})")
    }
}

/// What was no [`Member`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no member: expected `<node id>.<incarnation>`")]
pub struct ParseMemberError {
    found: String,
}

impl FromStr for Member {
    type Err = ParseMemberError;

    fn from_str(text: &str) -> Result<Self, ParseMemberError> {
        let parse = || {
            let (node, incarnation) = text.split_once('.')?;
            Some(Self {
                node: node.parse().ok()?,
                incarnation: Incarnation(super::reply::whole(incarnation)?),
            })
        };
        parse().ok_or_else(|| ParseMemberError {
            found: text.chars().take(48).collect(),
        })
    }
}

/// Who declared a member dead, and in which of its attempts: an attempt that was given up must not
/// be taken for the one that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claimant {
    /// Who will recover the dead one's rooms, if enough copies say so.
    pub member: Member,
    /// Counts the attempts of that member.
    pub round: u64,
}

/// Milliseconds of one copy's time. No two copies' times compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyTime(pub u64);

/// What a copy says of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It has a lease, which may have ended since.
    Up,
    /// It gave its lease back.
    Left,
    /// Declared dead.
    Dead(Claimant),
}

/// One member's record in one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub member: Member,
    /// When its lease ends, by the copy's time.
    pub expires: CopyTime,
    /// Whether it lives.
    pub standing: Standing,
    /// What the node tells about itself: addresses, number of shards. Opaque here.
    pub about: Arc<str>,
}
