//! One newtype per id. Text forms are what URLs, logs and clients show.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Lower-case letters and digits without the look-alikes i, l, o, u (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of a 64-bit id: thirteen times five bits hold it.
const TEXT_LEN: usize = 13;

/// What a text that should be an id was instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no id: expected {TEXT_LEN} letters of 0-9 and a-z without i, l, o, u")]
pub struct ParseIdError {
    found: String,
}

fn write_text(id: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0; TEXT_LEN];
    for (place, letter) in text.iter_mut().rev().enumerate() {
        *letter = ALPHABET[(id >> (5 * place) & 31) as usize];
    }
    f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn parse_text(text: &str) -> Result<u64, ParseIdError> {
    let error = || ParseIdError {
        found: text.chars().take(32).collect(),
    };
    if text.len() != TEXT_LEN {
        return Err(error());
    }
    text.bytes()
        .try_fold(0u64, |id, letter| {
            let digit = ALPHABET.iter().position(|known| *known == letter)?;
            // The first letter carries four bits only: more would not fit.
            id.checked_mul(32)?.checked_add(digit as u64)
        })
        .ok_or_else(error)
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_text(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_text(text).map(Self)
            }
        }
    };
}

text_id! {
    /// One game instance. Unique over all nodes and times: drawn at random by its creator.
    RoomId
}
text_id! {
    /// One client's seat in a room; survives a reconnect. Public: every client of the room sees it.
    SessionId
}
text_id! {
    /// One server process; the `processId` of the HTTP surface.
    NodeId
}

/// A secret that opens a held seat again. 128 bits, single use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReconnectionToken(pub u128);

impl fmt::Display for ReconnectionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text((self.0 >> 64) as u64, f)?;
        write_text(self.0 as u64, f)
    }
}

/// Shows no digit: a secret has no place in a log.
impl fmt::Debug for ReconnectionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReconnectionToken(..)")
    }
}

impl FromStr for ReconnectionToken {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        // A token is never quoted in an error: it might be almost right.
        let error = || ParseIdError {
            found: format!("a token of {} bytes", text.len()),
        };
        let (high, low) = text.split_at_checked(TEXT_LEN).ok_or_else(error)?;
        let high = parse_text(high).map_err(|_| error())?;
        let low = parse_text(low).map_err(|_| error())?;
        Ok(Self(u128::from(high) << 64 | u128::from(low)))
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// One core's thread with its own event loop, counted from 0 on each node.
    ShardId(u16)
}
number! {
    /// One socket on one shard: an index and the count of its uses, so that a late message for a
    /// closed connection cannot reach the next one. Dies with the socket; a [`SessionId`] does not.
    ConnectionId(u64)
}
number! {
    /// Who owns a room, as a number that rises with each owner: what a former one still says is
    /// known by it and dropped.
    Epoch(u64)
}
number! {
    /// A set of rows that is encoded once and sent to every client that watches it.
    GroupId(u32)
}
number! {
    /// A row's short name on the wire, given at insert, free for another row after its removal.
    Slot(u32)
}

impl Epoch {
    /// That of the node which creates a room: no other can own it already, for ids are unique.
    pub const FIRST: Self = Self(1);
}

impl GroupId {
    /// The group that every client watches and every row starts in.
    pub const EVERYONE: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_their_text_form() {
        for id in [0, 1, 31, 32, 0xdead_beef, u64::MAX] {
            let text = RoomId(id).to_string();
            assert_eq!(text.len(), TEXT_LEN);
            assert_eq!(text.parse(), Ok(RoomId(id)));
        }
        let token = ReconnectionToken(u128::MAX - 12_345);
        assert_eq!(token.to_string().parse(), Ok(token));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "0",
            "000000000000i",
            "zzzzzzzzzzzzz",
            "00000000000000",
            "ééééééé",
        ] {
            assert!(text.parse::<RoomId>().is_err(), "{text}");
        }
        assert!("é".repeat(13).parse::<ReconnectionToken>().is_err());
    }

    #[test]
    fn a_token_does_not_show_in_logs() {
        let shown = format!("{:?}", ReconnectionToken(0x1234));
        assert_eq!(shown, "ReconnectionToken(..)");
    }
}
