//! What the harness did to nodes, and what clients saw.

use std::net::SocketAddr;

use downbeat_schemas::id::{NodeId, RoomId, SessionId};

use super::entry::Ns;

/// Something that was done or seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// When.
    pub at: Ns,
    /// What.
    pub what: Seen,
}

/// See [`Sight`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A node's process was killed.
    Killed(NodeId),
    /// Something was done to a node or a server, or undone.
    Harm(String),
    /// A client was told of a seat.
    Told {
        /// In this room.
        room: RoomId,
        /// The seat.
        session: SessionId,
        /// The room's node.
        owner: NodeId,
    },
    /// It took the seat, and saw the room.
    Taken(SessionId),
    /// It was told that there is no such seat.
    Refused {
        /// The seat.
        session: SessionId,
        /// Where it was told so.
        by: SocketAddr,
        /// The close code.
        code: u16,
        /// And its words.
        reason: String,
        /// Whether an earlier try may have taken it, without an answer.
        may_be_taken: bool,
    },
    /// It gave up, without knowing what became of the seat.
    GaveUp {
        /// The seat.
        session: SessionId,
        /// What it heard instead.
        why: String,
    },
    /// A node was asked for all rooms while all was well. Rooms with their nodes.
    Listed {
        /// Who said so.
        by: NodeId,
        /// What.
        rooms: Vec<(RoomId, NodeId)>,
    },
}
