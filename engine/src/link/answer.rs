//! What a shard answers to who wants a seat, or a recording.

use std::sync::Arc;

use downbeat_core::record::TooLarge;
use downbeat_schemas::id::{NodeId, RoomId, SessionId};
use serde::{Serialize, Serializer};

/// A reserved seat: what the client needs to open its WebSocket.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    #[serde(serialize_with = "as_text")]
    pub(crate) name: Arc<str>,
    #[serde(serialize_with = "as_text")]
    pub(crate) session_id: SessionId,
    #[serde(serialize_with = "as_text")]
    pub(crate) room_id: RoomId,
    #[serde(serialize_with = "as_text")]
    pub(crate) process_id: NodeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_address: Option<String>,
}

fn as_text<S: Serializer>(id: &impl std::fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

/// Why the owner of a room, or of the shard to create it on, said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The room is full, locked or gone.
    NotJoinable,
    /// The room's `on_create` refused, failed, or could not read its options.
    CreateFailed(String),
    /// The room could not read the options of the one who joins.
    JoinFailed(String),
    /// The room could not read the options of one of several who were to join.
    GuestRefused {
        /// Which one, counted from 0.
        number: usize,
        /// Why.
        why: String,
    },
    /// The node has no room type of this name: it runs another release.
    UnknownName,
    /// The shard has as many rooms as it may.
    RoomsMax,
    /// The node has lost touch with the store that says what is its own.
    Frozen,
    /// The shard is ending, or does not answer.
    Unavailable,
}

/// Why a room is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It has ended, or there never was one of this id.
    #[error("there is no such room on this node: `GET /rooms` lists them")]
    NoSuchRoom,
    /// It fills half a file when it is frozen.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Its shard does not answer.
    #[error("the room's shard does not answer: it is ending, or too much waits for it")]
    Unavailable,
}
