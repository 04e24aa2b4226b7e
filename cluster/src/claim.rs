//! What the registry promised to one request, given back when dropped.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Filter;

/// A free seat that the registry keeps for one request.
///
/// It ends when the room's owner counts the seat ([`publish`](crate::Registry::publish)), when it
/// is dropped, when the room ends, or `matchmake_timeout_ms` after it was made.
///
/// The owner may be another node than the one that found the room: then the hold travels there as
/// a [`HoldPass`], and the owner's registry [adopts](crate::Registry::adopt_hold) it.
#[must_use = "the seat is free again when the hold is dropped"]
pub struct Hold {
    pass: HoldPass,
    /// `None` once it ended, or goes on elsewhere.
    home: Option<Arc<dyn Claims>>,
}

/// The right to create a room of one name and filter, which one request has at a time.
///
/// It goes to the registry with the room's first [`publish`](crate::Registry::publish): then those
/// who wait search again, and if none of the room's seats is left for them, the next one gets a
/// ticket. Dropped without a room (its creation failed), it passes on likewise; so it does
/// `create_timeout_ms` after it was made. It travels as a [`TicketPass`].
#[must_use = "another request may create the room when the ticket is dropped"]
pub struct Ticket {
    pass: TicketPass,
    home: Option<Arc<dyn Claims>>,
}

/// A hold on its way to another node. It frees nothing when dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldPass {
    /// The room that the seat is in.
    pub room: RoomId,
    /// The name of its room type, under which the hold is kept.
    pub name: Arc<str>,
    /// Which one.
    pub id: HoldId,
}

/// A ticket on its way to another node. It ends nothing when dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketPass {
    /// The name of the room type that may be created.
    pub name: Arc<str>,
    /// The options that it may be created with.
    pub filter: Filter,
    /// Which one.
    pub id: TicketId,
}

/// The registry as its holds and tickets see it.
pub(crate) trait Claims: Send + Sync {
    /// Frees the seat, unless it was settled or expired before.
    fn release(&self, hold: &HoldPass);
    /// Lets those who wait search again, unless it expired before.
    fn finish(&self, ticket: &TicketPass);
    /// A hold has ended without being released, or goes on elsewhere.
    fn let_go_of_hold(&self) {}
    /// A ticket goes on elsewhere, or ended with a room.
    fn let_go_of_ticket(&self) {}
}

/// What a text that should name a hold or a ticket was instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` names no hold or ticket: expected {CLAIM_TEXT_LEN} digits of 0-9 and a-f")]
pub struct ParseClaimError {
    found: String,
}

/// Digits of a claim's id as text.
const CLAIM_TEXT_LEN: usize = 32;

macro_rules! claim_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// No other claim of any node has it: the upper half is drawn by the registry that made
        /// the claim, the lower rises with each of its claims. Its text form travels.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub(crate) u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:x})", stringify!($name), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }

        impl FromStr for $name {
            type Err = ParseClaimError;

            fn from_str(text: &str) -> Result<Self, ParseClaimError> {
                parse_claim(text).map(Self)
            }
        }
    };
}

claim_id! {
    /// Names a [`Hold`].
    HoldId
}
claim_id! {
    /// Names a [`Ticket`].
    TicketId
}

fn parse_claim(text: &str) -> Result<u128, ParseClaimError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_whole = text.len() == CLAIM_TEXT_LEN && text.bytes().all(is_digit);
    let id = is_whole.then(|| u128::from_str_radix(text, 16).ok());
    id.flatten().ok_or_else(|| ParseClaimError {
        found: text.chars().take(CLAIM_TEXT_LEN).collect(),
    })
}

impl Hold {
    pub(crate) fn new(pass: HoldPass, home: Arc<dyn Claims>) -> Self {
        let home = Some(home);
        Self { pass, home }
    }

    /// The room that the seat is in.
    pub const fn room(&self) -> RoomId {
        self.pass.room
    }

    /// Lets the hold go on at another node, whose registry adopts the pass. If the pass gets lost,
    /// the hold expires.
    pub fn into_pass(mut self) -> HoldPass {
        if let Some(home) = self.home.take() {
            home.let_go_of_hold();
        }
        self.pass.clone()
    }
}

impl Ticket {
    pub(crate) fn new(pass: TicketPass, home: Arc<dyn Claims>) -> Self {
        let home = Some(home);
        Self { pass, home }
    }

    /// Lets the ticket go on at another node, whose registry adopts the pass. If the pass gets
    /// lost, the ticket expires.
    pub fn into_pass(mut self) -> TicketPass {
        if let Some(home) = self.home.take() {
            home.let_go_of_ticket();
        }
        self.pass.clone()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.release(&self.pass);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.finish(&self.pass);
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hold({:x} in {})", self.pass.id.0, self.pass.room)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:x})", self.pass.id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_their_text_form_and_nothing_else_is_one() {
        for id in [0, 1, u128::MAX, 7 << 64 | 9] {
            assert_eq!(HoldId(id).to_string().parse(), Ok(HoldId(id)));
        }
        for text in ["", "0", "+0000000000000000000000000000001", "é"] {
            assert!(text.parse::<TicketId>().is_err(), "{text}");
        }
        let upper = TicketId(10).to_string().to_uppercase();
        assert!(upper.parse::<TicketId>().is_err());
    }
}
