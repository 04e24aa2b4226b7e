//! One relayed client, at its edge.

use std::net::SocketAddr;

use downbeat_schemas::id::{ReconnectionToken, SessionId};

use super::super::wire::Entry;
use super::super::{Gate, RelayedId, UpSeq};

/// What the edge knows of a client, so that it can connect it to the next owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) session: SessionId,
    pub(super) token: Option<ReconnectionToken>,
    pub(super) peer: SocketAddr,
    /// A former owner had it connected.
    pub(super) again: bool,
    /// The number of its Connect.
    pub(super) connect: UpSeq,
    /// It has its Welcome of this owner.
    pub(super) is_welcomed: bool,
    pub(super) gate: Gate,
}

impl Client {
    /// The entry that connects it.
    pub(super) const fn entry(&self, relayed: RelayedId) -> Entry {
        Entry::Connect {
            relayed,
            session: self.session,
            token: self.token,
            peer: self.peer,
            again: self.again,
        }
    }

    /// Another node owns the room; `acked` is the last entry that the former one acknowledged.
    pub(super) fn begin_anew(&mut self, acked: UpSeq) {
        if self.connect <= acked || self.is_welcomed {
            // The token that it came with is used up.
            (self.again, self.token) = (true, None);
        }
        self.is_welcomed = false;
        self.gate.lose();
    }
}
