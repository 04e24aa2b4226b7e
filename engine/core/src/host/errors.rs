//! Why a room refuses: one enum per operation.

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::SessionId;

/// Why a room could not be created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The options are not those of this room.
    #[error("the options do not fit room `{name}`: {why}; send what its Options type expects")]
    Options {
        /// The room's name.
        name: String,
        /// Where they do not fit.
        why: String,
    },
    /// `on_create` said no.
    #[error("room `{name}` refused to be created: {why}")]
    Rejected {
        /// The room's name.
        name: String,
        /// The game's words.
        why: String,
    },
    /// `on_create` panicked.
    #[error("on_create of room `{name}` panicked: {message}; this is a bug of the game")]
    Panicked {
        /// The room's name.
        name: String,
        /// The panic's message.
        message: String,
    },
}

/// Why a seat could not be reserved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The game locked the room.
    #[error("the room is locked; choose another one or create one")]
    Locked,
    /// All seats are taken, held ones and reservations included.
    #[error("all {clients_max} seats of the room are taken; choose another one or create one")]
    Full {
        /// How many there are.
        clients_max: u32,
    },
    /// The options are not those of this room.
    #[error("the options do not fit the room: {0}; send what its Options type expects")]
    Options(String),
    /// The session has a seat here already.
    #[error("session {0} has a seat already; draw a fresh id for each reservation")]
    SessionTaken(SessionId),
    /// The room ended.
    #[error("the room has ended; choose another one or create one")]
    Ended,
}

/// Why a connection gets no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No such session, or its reservation or held seat is past its time.
    #[error("session {0} has no seat here, or no longer; ask matchmaking again")]
    NoSeat(SessionId),
    /// The reservation was claimed before.
    #[error("the seat of session {0} was claimed already; reconnect with the token of its Welcome")]
    Claimed(SessionId),
    /// The token does not open this seat.
    #[error("the reconnection token does not open the seat of session {0}; ask matchmaking again")]
    WrongToken(SessionId),
    /// The room ended.
    #[error("the room has ended; ask matchmaking again")]
    Ended,
}

impl ConnectError {
    /// What the connection is to be closed with.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::NoSeat(_) | Self::Claimed(_) | Self::WrongToken(_) => CloseCode::SeatExpired,
            Self::Ended => CloseCode::UnknownRoom,
        }
    }
}

/// Why a room cannot be frozen at this moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// Something was said and not yet handed out.
    #[error("the room has unsent messages; flush it first")]
    Unflushed,
    /// Futures are under way, which bytes cannot hold.
    #[error("{0} spawned futures have not come back; try again when they have")]
    Spawned(usize),
    /// The room ended.
    #[error("the room has ended; there is nothing to freeze")]
    Ended,
    /// A field of the room cannot be serialized.
    #[error("the room cannot be serialized: {0}; check its Serialize implementation")]
    Serialize(String),
}

/// Why bytes are no room of this type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThawError {
    /// Not the bytes of a frozen room, or of one whose fields have changed since.
    #[error(
        "the bytes are no frozen room of this type: {0}; freeze and thaw with the same program"
    )]
    Malformed(String),
    /// Frozen by another release.
    #[error("frozen in format {found}, expected {expected}; thaw with the release that froze it")]
    Format {
        /// The format found.
        found: u32,
        /// The format of this release.
        expected: u32,
    },
    /// A room of another type.
    #[error("frozen from room type `{found}`, expected `{expected}`")]
    WrongType {
        /// The name found.
        found: String,
        /// The name of this type.
        expected: String,
    },
}
