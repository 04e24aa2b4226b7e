//! What is asked of the shard where a seat is to be.

use std::sync::Arc;

use downbeat_cluster::{Hold, Ticket};
use downbeat_schemas::id::{ReconnectionToken, RoomId};
use futures_channel::oneshot;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Offer, Refusal};
use crate::surroundings::Party;

/// A request for seats on one shard, of this node or of another.
#[derive(Debug)]
pub(crate) enum SeatRequest {
    /// Create a room and reserve a seat in it.
    Create {
        /// Of the room type.
        name: Arc<str>,
        guest: Guest,
        /// Dropped when the room is published, or has failed.
        ticket: Option<Ticket>,
    },
    /// Create a room and reserve seats in it for all of a match, or for none.
    Match(Party),
    /// Reserve a seat in a room of this shard.
    Reserve {
        room: RoomId,
        guest: Guest,
        /// The registry's word that there is a seat; none for a room asked for by id.
        hold: Option<Hold>,
    },
    /// Find the seat that a token opens.
    Resume {
        room: RoomId,
        token: ReconnectionToken,
    },
}

/// Who wants a seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Guest {
    pub(crate) options: Value,
    pub(crate) claims: Option<Value>,
}

/// Where the answer goes: a seat for each guest, in their order. Dropped unanswered if the shard ends.
pub(crate) type Reply = oneshot::Sender<Result<Vec<Offer>, Refusal>>;
