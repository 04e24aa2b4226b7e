//! Who has a room, and since when in the order of its owners.

use downbeat_schemas::id::{RoomId, ShardId};

pub use crate::lease::{Incarnation, Member as Owner};
pub use downbeat_schemas::id::Epoch;

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
