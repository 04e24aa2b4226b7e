//! Messages to clients.
//!
//! The hot path never builds a FlatBuffer: a patch is a [`RowsHead`] of fixed shape with the packed
//! chunks of the watched groups copied behind it, and the result is a valid `ServerMessage`.

use flatbuffers::{FlatBufferBuilder, InvalidFlatbuffer, VerifierOptions};

pub use self::head::{RowsHead, RowsKind};
pub use self::kind::MessageKind;
use crate::generated::server::downbeat::wire;
use crate::id::{ReconnectionToken, RoomId, SessionId};
use crate::reflect::{ReflectError, StateSchema};

mod head;
mod kind;

/// When a message was made, and what of the client's own input is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The room's clock in microseconds.
    pub server_time_us: u64,
    /// The low 32 bits of the tick number.
    pub tick: u32,
    /// The highest input number of this client that was applied.
    pub acked_input: u32,
}

/// One message to a client; borrows from the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage<'a> {
    /// The first message.
    Welcome(Box<Welcome>),
    /// Everything the client may see.
    Snapshot {
        /// When, and up to which input.
        stamp: Stamp,
        /// Packed as [`rows`](crate::rows) says.
        rows: &'a [u8],
    },
    /// What changed since the last patch or snapshot.
    Patch {
        /// When, and up to which input.
        stamp: Stamp,
        /// Packed as [`rows`](crate::rows) says.
        rows: &'a [u8],
    },
    /// An event of the room's closed enum, as MessagePack.
    Event {
        /// The tick it happened in, low 32 bits.
        tick: u32,
        /// MessagePack.
        payload: &'a [u8],
    },
    /// Bytes of the game's own format.
    RawEvent {
        /// The tick it happened in, low 32 bits.
        tick: u32,
        /// Not looked at.
        payload: &'a [u8],
    },
    /// The answer to a ping.
    Pong {
        /// The client's own clock, echoed.
        client_time_us: u64,
        /// The room's clock.
        server_time_us: u64,
    },
}

/// What a client learns when it takes its seat.
#[derive(Clone, Debug, PartialEq)]
pub struct Welcome {
    /// The version of the wire, [`PROTOCOL`](crate::PROTOCOL).
    pub protocol: u16,
    /// The client's own seat.
    pub session: SessionId,
    /// Opens the seat again, once.
    pub reconnection_token: ReconnectionToken,
    /// The room.
    pub room: RoomId,
    /// The name of its type.
    pub room_name: String,
    /// Ticks per second.
    pub tick_hz: u16,
    /// A patch every so many ticks.
    pub patch_every: u16,
    /// The room's clock and tick at this moment.
    pub stamp: Stamp,
    /// How to read rows.
    pub schema: StateSchema,
}

/// Bytes that are no `ServerMessage`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The FlatBuffers verifier refused the bytes.
    #[error("not a FlatBuffers ServerMessage: {0}")]
    Invalid(#[from] InvalidFlatbuffer),
    /// A message of a newer protocol.
    #[error("a ServerMessage with an unknown body, number {0}")]
    UnknownBody(u8),
    /// The reconnection token or room id of a Welcome is none.
    #[error("a Welcome with a malformed id")]
    MalformedId,
    /// The reflection of a Welcome is not of this protocol.
    #[error(transparent)]
    Reflect(#[from] ReflectError),
}

/// A Welcome nests types in fields in tables; the depth bounds the reader's stack.
const VERIFIER: VerifierOptions = VerifierOptions {
    max_depth: 64,
    max_tables: 1 << 16,
    max_apparent_size: 1 << 28,
    ignore_missing_null_terminator: false,
};

impl<'a> ServerMessage<'a> {
    /// Verifies and reads one message.
    ///
    /// # Errors
    /// [`DecodeError`] says where the bytes leave the schema.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let message = wire::root_as_server_message_with_opts(&VERIFIER, bytes)?;
        let body = if let Some(patch) = message.body_as_patch() {
            Self::Patch {
                stamp: Stamp::read(patch.stamp()),
                rows: patch.rows().bytes(),
            }
        } else if let Some(snapshot) = message.body_as_snapshot() {
            Self::Snapshot {
                stamp: Stamp::read(snapshot.stamp()),
                rows: snapshot.rows().bytes(),
            }
        } else if let Some(event) = message.body_as_event() {
            Self::Event {
                tick: event.tick(),
                payload: event.payload().bytes(),
            }
        } else if let Some(event) = message.body_as_raw_event() {
            Self::RawEvent {
                tick: event.tick(),
                payload: event.payload().bytes(),
            }
        } else if let Some(pong) = message.body_as_pong() {
            Self::Pong {
                client_time_us: pong.client_time_us(),
                server_time_us: pong.server_time_us(),
            }
        } else if let Some(welcome) = message.body_as_welcome() {
            Self::Welcome(Box::new(Welcome::read(welcome)?))
        } else {
            return Err(DecodeError::UnknownBody(message.body_type().0));
        };
        Ok(body)
    }

    /// The message as bytes, built in `fbb`, which is reset first.
    pub fn encode<'b>(&self, fbb: &'b mut FlatBufferBuilder<'_>) -> &'b [u8] {
        fbb.reset();
        let (body_type, body) = self.encode_body(fbb);
        let args = wire::ServerMessageArgs {
            body_type,
            body: Some(body),
        };
        let message = wire::ServerMessage::create(fbb, &args);
        fbb.finish(message, None);
        fbb.finished_data()
    }

    fn encode_body(&self, fbb: &mut FlatBufferBuilder<'_>) -> (wire::ServerBody, Body) {
        match self {
            Self::Welcome(welcome) => (wire::ServerBody::Welcome, welcome.encode(fbb)),
            Self::Snapshot { stamp, rows } => {
                let (rows, stamp) = (Some(fbb.create_vector(rows)), stamp.wire());
                let stamp = Some(&stamp);
                let snapshot = wire::Snapshot::create(fbb, &wire::SnapshotArgs { stamp, rows });
                (wire::ServerBody::Snapshot, snapshot.as_union_value())
            }
            Self::Patch { stamp, rows } => {
                let (rows, stamp) = (Some(fbb.create_vector(rows)), stamp.wire());
                let stamp = Some(&stamp);
                let patch = wire::Patch::create(fbb, &wire::PatchArgs { stamp, rows });
                (wire::ServerBody::Patch, patch.as_union_value())
            }
            Self::Event { tick, payload } => {
                let (tick, payload) = (*tick, Some(fbb.create_vector(payload)));
                let event = wire::Event::create(fbb, &wire::EventArgs { tick, payload });
                (wire::ServerBody::Event, event.as_union_value())
            }
            Self::RawEvent { tick, payload } => {
                let (tick, payload) = (*tick, Some(fbb.create_vector(payload)));
                let event = wire::RawEvent::create(fbb, &wire::RawEventArgs { tick, payload });
                (wire::ServerBody::RawEvent, event.as_union_value())
            }
            Self::Pong {
                client_time_us,
                server_time_us,
            } => {
                let args = wire::PongArgs {
                    client_time_us: *client_time_us,
                    server_time_us: *server_time_us,
                };
                let pong = wire::Pong::create(fbb, &args);
                (wire::ServerBody::Pong, pong.as_union_value())
            }
        }
    }
}

type Body = flatbuffers::WIPOffset<flatbuffers::UnionWIPOffset>;

impl Stamp {
    fn read(stamp: &wire::Stamp) -> Self {
        Self {
            server_time_us: stamp.server_time_us(),
            tick: stamp.tick(),
            acked_input: stamp.acked_input(),
        }
    }

    fn wire(self) -> wire::Stamp {
        wire::Stamp::new(self.server_time_us, self.tick, self.acked_input)
    }
}

impl Welcome {
    fn encode(&self, fbb: &mut FlatBufferBuilder<'_>) -> Body {
        let reconnection_token = Some(fbb.create_string(&self.reconnection_token.to_string()));
        let room_id = Some(fbb.create_string(&self.room.to_string()));
        let room_name = Some(fbb.create_string(&self.room_name));
        let schema = Some(self.schema.encode(fbb));
        let stamp = self.stamp.wire();
        let args = wire::WelcomeArgs {
            protocol: self.protocol,
            session: self.session.0,
            reconnection_token,
            room_id,
            room_name,
            tick_hz: self.tick_hz,
            patch_every: self.patch_every,
            stamp: Some(&stamp),
            schema,
        };
        wire::Welcome::create(fbb, &args).as_union_value()
    }

    fn read(welcome: wire::Welcome<'_>) -> Result<Self, DecodeError> {
        let token = welcome.reconnection_token().parse();
        let room = welcome.room_id().parse();
        Ok(Self {
            protocol: welcome.protocol(),
            session: SessionId(welcome.session()),
            reconnection_token: token.map_err(|_| DecodeError::MalformedId)?,
            room: room.map_err(|_| DecodeError::MalformedId)?,
            room_name: welcome.room_name().to_owned(),
            tick_hz: welcome.tick_hz(),
            patch_every: welcome.patch_every(),
            stamp: Stamp::read(welcome.stamp()),
            schema: StateSchema::decode(welcome.schema())?,
        })
    }
}
