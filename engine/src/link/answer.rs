//! What a shard answers to who wants a seat, or a recording.

use std::sync::Arc;

use downbeat_core::record::TooLarge;
use downbeat_schemas::id::{NodeId, RoomId, SessionId};
use serde::{Deserialize, Serialize};

/// A reserved seat: what the client needs to open its WebSocket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    #[serde(with = "text")]
    pub(crate) name: Arc<str>,
    #[serde(with = "text")]
    pub(crate) session_id: SessionId,
    #[serde(with = "text")]
    pub(crate) room_id: RoomId,
    #[serde(with = "text")]
    pub(crate) process_id: NodeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) public_address: Option<String>,
}

/// What JavaScript must see as text: the numbers of ids are too large for it.
mod text {
    use std::fmt::Display;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromText>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        T::from_text(&text).ok_or_else(|| D::Error::custom("no id, or not its text"))
    }

    pub(super) trait FromText: Sized {
        fn from_text(text: &str) -> Option<Self>;
    }

    macro_rules! from_text {
        ($($id:ty),*) => { $(
            impl FromText for $id {
                fn from_text(text: &str) -> Option<Self> {
                    text.parse().ok()
                }
            }
        )* };
    }

    from_text!(super::SessionId, super::RoomId, super::NodeId);

    impl FromText for std::sync::Arc<str> {
        fn from_text(text: &str) -> Option<Self> {
            Some(text.into())
        }
    }
}

/// Why the owner of a room, or of the shard to create it on, said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The node of the shard is not there: it has ended or moved on.
    Gone,
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
