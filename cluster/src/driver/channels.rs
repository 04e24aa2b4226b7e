//! The names of channels, and which two of them make a pair.

use downbeat_schemas::id::{NodeId, RoomId};

/// Candidates that are tried for the second channel of a pair. With two masters of equal size, each
/// fails with one half: that all of them fail has odds of one in 2^32.
const CANDIDATES_MAX: u32 = 32;

/// What is said through a pair of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address {
    /// To one node.
    Inbox(NodeId),
    /// To all who listen to a room.
    Room(RoomId),
    /// To all whose lobbies watch the list of rooms.
    Listings,
}

/// Two channels whose slots lie on distinct masters, so that the end of one does not silence both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) first: Vec<u8>,
    /// None where all slots are one master's.
    pub(crate) second: Option<Vec<u8>>,
}

impl Address {
    /// The channels of this address, where `master_of` tells whose the slot of a channel is.
    pub(crate) fn pair<M: PartialEq>(
        self,
        prefix: &str,
        master_of: impl Fn(&[u8]) -> Option<M>,
    ) -> Pair {
        let first = self.channel(prefix, 0);
        let firsts_master = master_of(&first);
        let mut candidates = (1..CANDIDATES_MAX).map(|candidate| self.channel(prefix, candidate));
        let second = candidates.find(|second| {
            let master = master_of(second);
            master.is_some() && master != firsts_master
        });
        Pair { first, second }
    }

    fn channel(self, prefix: &str, candidate: u32) -> Vec<u8> {
        match self {
            Self::Inbox(node) => format!("{prefix}:{{n{candidate}:{node}}}"),
            Self::Room(room) => format!("{prefix}:{{r{candidate}:{room}}}"),
            Self::Listings => format!("{prefix}:{{l{candidate}:rooms}}"),
        }
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_channel_lies_elsewhere() {
        let room = Address::Room(RoomId(7));
        // Candidates 0, 1 and 2 lie on one master, 3 on another.
        let third = |channel: &[u8]| Some(channel.windows(2).any(|two| two == b"r3"));
        let pair = room.pair("downbeat", third);
        assert_eq!(pair.first, b"downbeat:{r0:0000000000007}");
        assert_eq!(
            pair.second.as_deref(),
            Some(&b"downbeat:{r3:0000000000007}"[..])
        );
    }

    #[test]
    fn one_master_has_one_channel() {
        let inbox = Address::Inbox(NodeId(1));
        assert_eq!(inbox.pair("downbeat", |_| Some(1)).second, None);
        assert_eq!(inbox.pair::<u8>("downbeat", |_| None).second, None);
    }
}
