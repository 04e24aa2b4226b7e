//! The sockets of a shard.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use downbeat_core::host::SeatIndex;
use downbeat_net::Connection;
use downbeat_net::socket::{Interest, Poller, Stream};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::limits::Limits;
use slab::Slab;

use super::edge::Place;
use super::regulars::Habit;
use super::rooms::RoomKey;

/// Why a connection is sent away before it had a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Goodbye {
    pub(crate) code: CloseCode,
    pub(crate) reason: String,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Asks by HTTP.
    Visitor,
    /// Plays.
    Player { room: RoomKey, seat: SeatIndex },
    /// Plays in a room of another node.
    Relayed(Place),
    /// Its room has let it go; the close is under way.
    Parting,
}

/// A socket with what is known of it.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: Stream,
    pub(super) connection: Connection,
    pub(super) role: Role,
    pub(super) habit: Habit,
    interest: Option<Interest>,
    number: u32,
}

impl Socket {
    /// Whether it is read at its room's ticks. Who has left the room is not: its answer to the
    /// close would wait for a room that may have ended.
    pub(super) const fn is_regular(&self) -> bool {
        self.habit.is_regular() && matches!(self.role, Role::Player { .. })
    }
}

/// All sockets of a shard, and the poller that watches them.
#[derive(Debug)]
pub(super) struct Sockets {
    slots: Slab<Socket>,
    by_address: BTreeMap<IpAddr, u64>,
    pub(super) poller: Poller,
    opened: u32,
}

/// Tokens of the poller that are no connection: no socket has this number.
pub(super) const LISTENER: u64 = u64::MAX;
pub(super) const BELL: u64 = u64::MAX - 1;

impl Sockets {
    pub(super) const fn new(poller: Poller) -> Self {
        Self {
            slots: Slab::new(),
            by_address: BTreeMap::new(),
            poller,
            opened: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The limit that one more connection of `peer` would break.
    pub(super) fn limit_for(&self, peer: SocketAddr, limits: &Limits) -> Option<&'static str> {
        if self.len() as u64 >= limits.connections_max {
            return Some("connections_max");
        }
        let ip = peer.ip();
        let open = self.by_address.get(&ip).copied().unwrap_or(0);
        // Behind a proxy on this machine all clients have one address.
        let is_over = open >= limits.connections_per_address_max && !ip.is_loopback();
        is_over.then_some("connections_per_address_max")
    }

    pub(super) fn insert(&mut self, stream: Stream, connection: Connection) -> ConnectionId {
        // The number of the two tokens above is left out.
        self.opened = (self.opened + 1) % u32::MAX;
        *self.by_address.entry(connection.peer().ip()).or_default() += 1;
        let index = self.slots.insert(Socket {
            stream,
            connection,
            role: Role::Visitor,
            habit: Habit::default(),
            interest: None,
            number: self.opened,
        });
        ConnectionId(u64::from(self.opened) << 32 | index as u64)
    }

    pub(super) fn find_mut(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        let socket = self.slots.get_mut(id.0 as u32 as usize)?;
        (u64::from(socket.number) == id.0 >> 32).then_some(socket)
    }

    /// Takes a socket out: to close it, or to move it to another shard.
    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Socket> {
        self.find_mut(id)?;
        let socket = self.slots.remove(id.0 as u32 as usize);
        if socket.interest.is_some()
            && let Err(error) = self.poller.remove(&socket.stream)
        {
            tracing::warn!(%error, "a socket was not watched");
        }
        let ip = socket.connection.peer().ip();
        if let Some(open) = self.by_address.get_mut(&ip) {
            *open -= 1;
            if *open == 0 {
                self.by_address.remove(&ip);
            }
        }
        Some(socket)
    }

    /// Watches a socket for just what its connection waits for.
    pub(super) fn watch(&mut self, id: ConnectionId, limits: &Limits) {
        let Some(socket) = self.slots.get_mut(id.0 as u32 as usize) else {
            return;
        };
        let wanted = Interest {
            read: socket.connection.wants_bytes(limits) && !socket.is_regular(),
            write: socket.connection.wants_to_send(),
        };
        let wanted = (wanted.read || wanted.write).then_some(wanted);
        let (poller, stream) = (&self.poller, &socket.stream);
        let watched = match (socket.interest, wanted) {
            (now, wanted) if now == wanted => return,
            (Some(_), Some(wanted)) => poller.modify(stream, id.0, wanted),
            (None, Some(wanted)) => poller.add(stream, id.0, wanted),
            // A socket with nothing to wait for would still report that it was hung up.
            (_, None) => poller.remove(stream),
        };
        match watched {
            Ok(()) => socket.interest = wanted,
            // Out of watches: the connection cannot be served.
            Err(error) => {
                tracing::warn!(%error, "a socket cannot be watched");
                socket.connection.lost();
            }
        }
    }

    /// What each socket is for.
    pub(super) fn roles(&self) -> impl Iterator<Item = Role> {
        let slots = self.slots.iter();
        slots.map(|(_, socket)| socket.role)
    }

    /// Whether a connection is left that has something to hear or to answer. A browser keeps its
    /// HTTP connections open for the next request: those have had all they asked for.
    pub(super) fn any_awaited(&self) -> bool {
        let mut sockets = self.slots.iter().map(|(_, socket)| &socket.connection);
        sockets.any(|connection| connection.is_websocket() || connection.wants_to_send())
    }

    pub(super) fn ids(&self) -> Vec<ConnectionId> {
        let slots = self.slots.iter();
        slots
            .map(|(index, socket)| ConnectionId(u64::from(socket.number) << 32 | index as u64))
            .collect()
    }
}
