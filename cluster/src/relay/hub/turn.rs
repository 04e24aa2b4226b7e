//! What a letter does to the room.

use std::net::SocketAddr;

use bytes::Bytes;
use downbeat_schemas::id::{ConnectionId, Epoch, ReconnectionToken, RoomId, SessionId};

use super::super::Standing;

/// What is to be done to the room, in order. The connections are those that were given to the hub;
/// nothing is to be done for one that was closed while the turns before were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Claim a seat. If it is refused: [`Hub::close`](super::Hub::close).
    Connect {
        /// The client's name in the room from now on.
        connection: ConnectionId,
        /// The seat.
        session: SessionId,
        /// Opens the seat again; none claims a reservation.
        token: Option<ReconnectionToken>,
        /// The client's address, as its edge sees it.
        peer: SocketAddr,
        /// What former owners made of it. The client of a seat that came along is bound to it again
        /// (`rebind`), and needs a snapshot (`resync`).
        standing: Standing,
    },
    /// Receive this message.
    Message {
        /// Who sent it.
        connection: ConnectionId,
        /// A `ClientMessage`, not looked at.
        bytes: Bytes,
    },
    /// The connection is gone; the hub has forgotten it.
    Lost {
        /// Whose.
        connection: ConnectionId,
        /// It closed on purpose.
        consented: bool,
    },
    /// The client reads too slowly.
    Pause {
        /// Which.
        connection: ConnectionId,
    },
    /// The client needs a snapshot: it has caught up, or its edge lacks frames that are gone.
    Resync {
        /// Which.
        connection: ConnectionId,
    },
}

/// A letter that did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is for another room.
    #[error("a letter for room {0}")]
    OtherRoom(RoomId),
    /// It is for a former owner; its sender will learn of this one.
    #[error("a letter for the owner of epoch {0}, which is past")]
    FormerOwner(Epoch),
    /// It is for a later owner: the room is not this node's any more.
    #[error("a letter for the owner of epoch {0}, which is later than this one's")]
    LaterOwner(Epoch),
    /// The strand is not known, or not any more; its sender will learn it.
    #[error("a letter of a strand that this owner does not know")]
    UnknownStrand,
    /// One strand more than `relay_strands_max`; its sender will learn it.
    #[error("more than {0} strands to one room")]
    TooManyStrands(usize),
}
