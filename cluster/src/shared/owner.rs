//! Who has a room, and since when in the order of its owners.

use std::fmt;
use std::str::FromStr;

use downbeat_schemas::id::{NodeId, RoomId, ShardId};

/// One life of a node. Rises with each start of a node, and each time it comes back from being
/// declared dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incarnation(pub u64);

/// Rises with each owner of a room; near the wall clock in ms, so that it rises even where the
/// store has lost the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// One life of one node, as the owner of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The node.
    pub node: NodeId,
    /// Its life.
    pub incarnation: Incarnation,
}

/// That a room is one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    /// Goes with all that is written of the room.
    pub epoch: Epoch,
    /// When the room was first created, in ms of the store's clock: the same for all nodes.
    pub born_ms: u64,
}

/// What the store knows of a room's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOwner {
    /// The room.
    pub room: RoomId,
    /// Who has it.
    pub owner: Owner,
    /// On which of its shards.
    pub shard: ShardId,
    /// The name of its room type.
    pub name: String,
    /// Since when.
    pub title: Title,
}

/// What a text that should name an owner was instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no <node>.<incarnation>")]
pub struct ParseOwnerError {
    found: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.incarnation.0)
    }
}

impl FromStr for Owner {
    type Err = ParseOwnerError;

    fn from_str(text: &str) -> Result<Self, ParseOwnerError> {
        let parse = || {
            let (node, incarnation) = text.split_once('.')?;
            Some(Self {
                node: node.parse().ok()?,
                incarnation: Incarnation(incarnation.parse().ok()?),
            })
        };
        parse().ok_or_else(|| ParseOwnerError {
            found: text.chars().take(40).collect(),
        })
    }
}
