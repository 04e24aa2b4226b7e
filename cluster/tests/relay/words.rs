//! What the room of the simulation says: real messages, each with a number and what it is good for.

use bytes::Bytes;
use downbeat_schemas::PROTOCOL;
use downbeat_schemas::id::{ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::server::{RowsHead, RowsKind, ServerMessage, Stamp, Welcome};
use flatbuffers::FlatBufferBuilder;

/// A message as the room meant it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) number: u64,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Welcome,
    Event,
    Snapshot { version: u64 },
    Patch { base: u64, version: u64 },
}

impl Said {
    pub(crate) const fn is_rows(&self) -> bool {
        matches!(self.what, What::Snapshot { .. } | What::Patch { .. })
    }

    /// What a client reads.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let (number, what) = match ServerMessage::decode(message).ok()? {
            ServerMessage::Welcome(welcome) => (welcome.stamp.server_time_us, What::Welcome),
            ServerMessage::RawEvent { payload, .. } => (word(payload, 0)?, What::Event),
            ServerMessage::Snapshot { stamp, rows } => {
                let version = word(rows, 1)?;
                (stamp.server_time_us, What::Snapshot { version })
            }
            ServerMessage::Patch { stamp, rows } => {
                let (base, version) = (word(rows, 0)?, word(rows, 1)?);
                (stamp.server_time_us, What::Patch { base, version })
            }
            ServerMessage::Event { .. } | ServerMessage::Pong { .. } => return None,
        };
        Some(Self { number, what })
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u64> {
    let word = bytes.get(8 * index..)?.first_chunk()?;
    Some(u64::from_le_bytes(*word))
}

/// Rows that say from which version to which, and something besides.
pub(crate) fn rows(base: u64, version: u64, filler: usize) -> Bytes {
    let mut rows = [base.to_le_bytes(), version.to_le_bytes()].concat();
    rows.resize(16 + filler, 0xaa);
    rows.into()
}

/// The head of a message whose rows follow.
pub(crate) fn head(kind: RowsKind, number: u64, rows_len: usize) -> Vec<u8> {
    let stamp = Stamp {
        server_time_us: number,
        ..Stamp::default()
    };
    let mut head = Vec::new();
    RowsHead::new(kind).write(&mut head, stamp, rows_len);
    head
}

pub(crate) fn event(number: u64, filler: usize) -> Vec<u8> {
    let mut payload = number.to_le_bytes().to_vec();
    payload.resize(8 + filler, 0xee);
    let event = ServerMessage::RawEvent {
        tick: 0,
        payload: &payload,
    };
    encoded(&event)
}

pub(crate) fn welcome(number: u64, session: SessionId) -> Vec<u8> {
    let stamp = Stamp {
        server_time_us: number,
        ..Stamp::default()
    };
    let welcome = Welcome {
        protocol: PROTOCOL,
        session,
        reconnection_token: ReconnectionToken(7),
        room: RoomId(1),
        room_name: "arena".to_owned(),
        tick_hz: 20,
        patch_every: 1,
        stamp,
        schema: StateSchema::default(),
    };
    encoded(&ServerMessage::Welcome(Box::new(welcome)))
}

fn encoded(message: &ServerMessage<'_>) -> Vec<u8> {
    message.encode(&mut FlatBufferBuilder::new()).to_vec()
}
