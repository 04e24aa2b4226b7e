//! What a request asks for, and what it gets.

use std::sync::Arc;

use downbeat_schemas::id::RoomId;

use crate::{Filter, Hold, RoomRecord, SortBy, Ticket};

/// A request to join some room.
#[derive(Clone, Debug)]
pub struct Query {
    /// The name of the room type.
    pub name: Arc<str>,
    /// The options that the room must have been created with.
    pub filter: Filter,
    /// Which of several rooms that fit, as the room type says.
    pub sort_by: SortBy,
    /// Rooms that refused this request already.
    pub exclude: Vec<RoomId>,
    /// What if there is none.
    pub mode: Mode,
}

/// What a request wants where no room fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A new one.
    JoinOrCreate,
    /// To be told so at once.
    Join,
}

/// Where a request goes on.
#[derive(Debug)]
pub enum Found {
    /// A room had a free seat, which is held for this request.
    Room {
        /// The room as it was last published.
        record: Arc<RoomRecord>,
        /// Goes with the request to the owner, which passes it to
        /// [`publish`](crate::Registry::publish), or drops it to refuse.
        hold: Hold,
    },
    /// No room fits: the answer of [`Mode::Join`] only.
    Nothing,
    /// No room fits, and this request is the one to create it: the answer of
    /// [`Mode::JoinOrCreate`] only.
    Create(Ticket),
}

/// Nobody can tell where a room is, or whether there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the room cannot be looked up at this moment: ask again")]
pub struct LocateError;

/// Where a room is; `None` if there is none.
pub type Located = Result<Option<Arc<RoomRecord>>, LocateError>;

/// Why there is no answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The node leads no one to its rooms any more.
    #[error("this node is shutting down: ask again, another one may answer")]
    Stopped,
    /// Too many requests wait for a room.
    #[error(
        "{waiting} requests wait for a room to be created, finds_waiting_max allows no more: try again later"
    )]
    Crowded {
        /// How many wait.
        waiting: u64,
    },
    /// The store that nodes share does not answer, or is asked too much.
    #[error("the registry is out of reach ({reason}): ask again in a second")]
    Unavailable {
        /// What was seen of it.
        reason: String,
    },
}
