//! What is asked of the shard where a seat is to be.

use std::sync::Arc;

use bytes::Bytes;
use downbeat_cluster::{Hold, HoldPass, Registry, Ticket, TicketPass};
use downbeat_schemas::id::{ReconnectionToken, RoomId};
use futures_channel::oneshot;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Offer, Refusal};
use crate::surroundings::Party;

/// A request for seats on one shard.
#[derive(Debug)]
pub(crate) enum SeatRequest {
    /// Create a room and reserve a seat in it.
    Create {
        /// Of the room type.
        name: Arc<str>,
        guest: Guest,
        /// Goes to the registry with the room; dropped if the room is not to be.
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

/// The answer: a seat for each guest, in their order.
pub(crate) type Outcome = Result<Vec<Offer>, Refusal>;

/// Where the answer goes. Dropped unanswered if the shard ends.
#[derive(Debug)]
pub(crate) enum Reply {
    /// To a job of this node.
    Here(oneshot::Sender<Outcome>),
    /// To another node.
    Elsewhere(downbeat_cluster::Answer),
}

impl Reply {
    /// Gives the answer. Whoever asked may have given up: a reservation expires by itself.
    pub(crate) fn send(self, outcome: Outcome) {
        match self {
            Self::Here(reply) => drop(reply.send(outcome)),
            Self::Elsewhere(answer) => {
                let outcome = serde_json::to_vec(&outcome).expect("an outcome is plain data");
                answer.give(outcome.into());
            }
        }
    }
}

/// A request on its way to a shard of another node, as JSON: most of it is what the client sent as
/// JSON, and people can read it.
#[derive(Serialize, Deserialize)]
enum SeatLetter {
    Create(Arc<str>, Guest, Option<TicketPass>),
    Match(Party),
    Reserve(RoomId, Guest, Option<HoldPass>),
    Resume(RoomId, ReconnectionToken),
}

/// Bytes of another node that are no request or outcome of this release.
#[derive(Debug, thiserror::Error)]
#[error("another node speaks of seats in words that this release does not know: {0}")]
pub(crate) struct SeatLetterError(#[from] serde_json::Error);

impl SeatRequest {
    /// The request for another node: what it was promised goes with it.
    pub(crate) fn into_letter(self) -> Bytes {
        let letter = match self {
            Self::Create {
                name,
                guest,
                ticket,
            } => SeatLetter::Create(name, guest, ticket.map(Ticket::into_pass)),
            Self::Match(party) => SeatLetter::Match(party),
            Self::Reserve { room, guest, hold } => {
                SeatLetter::Reserve(room, guest, hold.map(Hold::into_pass))
            }
            Self::Resume { room, token } => SeatLetter::Resume(room, token),
        };
        let letter = serde_json::to_vec(&letter);
        letter.expect("a request is plain data").into()
    }

    /// The request of another node.
    ///
    /// # Errors
    /// [`SeatLetterError`] if the bytes are none.
    pub(crate) fn from_letter(
        letter: &[u8],
        registry: &dyn Registry,
    ) -> Result<Self, SeatLetterError> {
        Ok(match serde_json::from_slice(letter)? {
            SeatLetter::Create(name, guest, ticket) => Self::Create {
                name,
                guest,
                ticket: ticket.map(|pass| registry.adopt_ticket(pass)),
            },
            SeatLetter::Match(party) => Self::Match(party),
            SeatLetter::Reserve(room, guest, hold) => Self::Reserve {
                room,
                guest,
                hold: hold.map(|pass| registry.adopt_hold(pass)),
            },
            SeatLetter::Resume(room, token) => Self::Resume { room, token },
        })
    }
}

/// Reads the answer of another node.
///
/// # Errors
/// [`SeatLetterError`] if the bytes are none.
pub(crate) fn read_outcome(answer: &[u8]) -> Result<Outcome, SeatLetterError> {
    Ok(serde_json::from_slice(answer)?)
}

#[cfg(test)]
mod tests {
    use downbeat_cluster::Embedded;
    use downbeat_schemas::limits::Limits;

    use super::*;

    /// Sends a request to another node and shows it there.
    fn sent(request: SeatRequest) -> String {
        let registry = Embedded::new(&Limits::default());
        let letter = request.into_letter();
        format!(
            "{:?}",
            SeatRequest::from_letter(&letter, &registry).unwrap()
        )
    }

    #[test]
    fn requests_arrive_as_they_were_sent() {
        let guest = Guest {
            options: serde_json::json!({ "mode": "duo", "deep": [1, 2.5, null] }),
            claims: Some(serde_json::json!("ann")),
        };
        let create = SeatRequest::Create {
            name: "arena".into(),
            guest: guest.clone(),
            ticket: None,
        };
        let shown = format!("{create:?}");
        assert_eq!(sent(create), shown);
        let reserve = SeatRequest::Reserve {
            room: RoomId(u64::MAX),
            guest,
            hold: None,
        };
        let shown = format!("{reserve:?}");
        assert_eq!(sent(reserve), shown);
        let letter = SeatRequest::Resume {
            room: RoomId(7),
            token: ReconnectionToken(u128::MAX - 7),
        }
        .into_letter();
        let registry = Embedded::new(&Limits::default());
        assert!(matches!(
            SeatRequest::from_letter(&letter, &registry),
            Ok(SeatRequest::Resume { room: RoomId(7), token }) if token.0 == u128::MAX - 7
        ));
    }

    #[test]
    fn outcomes_arrive_as_they_were_given() {
        let refusal = Refusal::CreateFailed("no".to_owned());
        let refused: Outcome = Err(refusal.clone());
        let answer = serde_json::to_vec(&refused).unwrap();
        assert_eq!(read_outcome(&answer).unwrap().unwrap_err(), refusal);
        assert!(read_outcome(b"{}").is_err());
    }
}
