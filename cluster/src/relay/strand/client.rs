//! One relayed client, at its edge.

use std::net::SocketAddr;

use downbeat_schemas::id::{ReconnectionToken, SessionId};

use super::super::wire::Entry;
use super::super::{Gate, RelayedId, Standing};

/// What the edge knows of a client, so that it can connect it to the next owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) session: SessionId,
    pub(super) token: Option<ReconnectionToken>,
    pub(super) peer: SocketAddr,
    /// What owners before this one made of it.
    pub(super) standing: Standing,
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
            standing: self.standing,
        }
    }

    /// Another node owns the room.
    pub(super) fn begin_anew(&mut self) {
        if self.is_welcomed || self.standing == Standing::Welcomed {
            // The token that it came with is used up.
            (self.standing, self.token) = (Standing::Welcomed, None);
        } else {
            self.standing = Standing::Unsure;
        }
        self.is_welcomed = false;
        self.gate.lose();
    }
}
