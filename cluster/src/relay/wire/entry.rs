//! What an edge tells the owner of one client.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use downbeat_schemas::id::{ReconnectionToken, SessionId};

use super::super::RelayedId;
use super::WireError;
use super::read::Reader;
use super::write::{put_bytes, put_varint};

/// One step of a relayed client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Its WebSocket is open.
    Connect {
        /// The socket's name on the strand from now on.
        relayed: RelayedId,
        /// The seat that it claims.
        session: SessionId,
        /// Opens the seat again; none claims a reservation.
        token: Option<ReconnectionToken>,
        /// The client's address, as its edge sees it.
        peer: SocketAddr,
        /// What former owners made of it.
        standing: Standing,
    },
    /// It sent a message, in these bytes.
    Message {
        /// Which client.
        relayed: RelayedId,
        /// A `ClientMessage` if it keeps to the wire; the edge has not looked.
        bytes: Bytes,
    },
    /// Its socket is gone.
    Lost {
        /// Which client.
        relayed: RelayedId,
        /// It closed on purpose.
        consented: bool,
    },
    /// It reads too slowly.
    Pause {
        /// Which client.
        relayed: RelayedId,
    },
    /// It has caught up and may have a snapshot.
    Resync {
        /// Which client.
        relayed: RelayedId,
    },
}

/// What former owners of a room made of a client's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it is new.
    #[default]
    New,
    /// It was connected to one, perhaps, and never got its Welcome. It claims its seat as if it were
    /// new; if that was claimed and came along, the client needs a Welcome.
    Unsure,
    /// It has its Welcome. If its seat came along, this is the connection that the seat had when the
    /// room moved; there is no token that would open it again.
    Welcomed,
}

const CONNECT: u8 = 0;
const MESSAGE: u8 = 1;
const DROPPED: u8 = 2;
const LEFT: u8 = 3;
const PAUSE: u8 = 4;
const RESYNC: u8 = 5;

/// Bits of a connect's flags.
const HAS_TOKEN: u8 = 1;
const IS_IPV6: u8 = 2;
const IS_UNSURE: u8 = 4;
const IS_WELCOMED: u8 = 8;

impl Entry {
    /// The client it is about.
    pub const fn relayed(&self) -> RelayedId {
        match self {
            Self::Connect { relayed, .. }
            | Self::Message { relayed, .. }
            | Self::Lost { relayed, .. }
            | Self::Pause { relayed }
            | Self::Resync { relayed } => *relayed,
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.tag());
        put_varint(out, self.relayed().0);
        match self {
            Self::Connect {
                session,
                token,
                peer,
                standing,
                ..
            } => put_connect(out, *session, *token, *peer, *standing),
            Self::Message { bytes, .. } => put_bytes(out, bytes),
            Self::Lost { .. } | Self::Pause { .. } | Self::Resync { .. } => {}
        }
    }

    /// Writes a message without an entry around it.
    pub(crate) fn encode_message(out: &mut Vec<u8>, relayed: RelayedId, bytes: &[u8]) {
        out.push(MESSAGE);
        put_varint(out, relayed.0);
        put_bytes(out, bytes);
    }

    const fn tag(&self) -> u8 {
        match self {
            Self::Connect { .. } => CONNECT,
            Self::Message { .. } => MESSAGE,
            Self::Lost { consented, .. } => {
                if *consented {
                    LEFT
                } else {
                    DROPPED
                }
            }
            Self::Pause { .. } => PAUSE,
            Self::Resync { .. } => RESYNC,
        }
    }

    /// Reads one; `all` is the memory that `reader` reads from.
    pub(crate) fn decode(reader: &mut Reader<'_>, all: &Bytes) -> Result<Self, WireError> {
        let tag = reader.byte()?;
        let relayed = reader.relayed()?;
        Ok(match tag {
            CONNECT => read_connect(reader, relayed)?,
            MESSAGE => {
                let len = reader.count()?;
                let bytes = all.slice_ref(reader.bytes(len)?);
                Self::Message { relayed, bytes }
            }
            DROPPED | LEFT => Self::Lost {
                relayed,
                consented: tag == LEFT,
            },
            PAUSE => Self::Pause { relayed },
            RESYNC => Self::Resync { relayed },
            tag => {
                let (of, tag) = ("an entry", tag.into());
                return Err(WireError::UnknownTag { of, tag });
            }
        })
    }
}

fn put_connect(
    out: &mut Vec<u8>,
    session: SessionId,
    token: Option<ReconnectionToken>,
    peer: SocketAddr,
    standing: Standing,
) {
    let has_token = if token.is_some() { HAS_TOKEN } else { 0 };
    let is_ipv6 = if peer.is_ipv6() { IS_IPV6 } else { 0 };
    let standing = match standing {
        Standing::New => 0,
        Standing::Unsure => IS_UNSURE,
        Standing::Welcomed => IS_WELCOMED,
    };
    out.push(has_token | is_ipv6 | standing);
    out.extend_from_slice(&session.0.to_le_bytes());
    if let Some(token) = token {
        out.extend_from_slice(&token.0.to_le_bytes());
    }
    match peer.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
    out.extend_from_slice(&peer.port().to_le_bytes());
}

fn read_connect(reader: &mut Reader<'_>, relayed: RelayedId) -> Result<Entry, WireError> {
    let flags = reader.byte()?;
    let standing = match flags & !(HAS_TOKEN | IS_IPV6) {
        0 => Standing::New,
        IS_UNSURE => Standing::Unsure,
        IS_WELCOMED => Standing::Welcomed,
        tag => {
            let (of, tag) = ("a connect", tag.into());
            return Err(WireError::UnknownTag { of, tag });
        }
    };
    let session = SessionId(reader.u64()?);
    let token = if flags & HAS_TOKEN != 0 {
        Some(ReconnectionToken(reader.u128()?))
    } else {
        None
    };
    let ip = if flags & IS_IPV6 != 0 {
        IpAddr::from(reader.array::<16>()?)
    } else {
        IpAddr::from(reader.array::<4>()?)
    };
    Ok(Entry::Connect {
        relayed,
        session,
        token,
        peer: SocketAddr::new(ip, reader.u16()?),
        standing,
    })
}
