//! A client that plays: a mirror of the room, inputs, the end.

use std::net::SocketAddr;

use downbeat_net::ws::{Control, OpCode};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::id::ReconnectionToken;
use downbeat_schemas::mirror::Mirror;
use downbeat_schemas::rows::Value as RowValue;
use downbeat_schemas::server::{RowsKind, ServerMessage, Stamp, Welcome};
use flatbuffers::FlatBufferBuilder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::seat::{self, Seat};
use crate::server::TestServer;
use crate::websocket::{Frame, WebSocket};

/// A client in a room.
#[derive(Debug)]
pub struct Player {
    /// Its connection.
    pub socket: WebSocket,
    /// The seat that it took.
    pub seat: Seat,
    /// The first message.
    pub welcome: Welcome,
    /// What it sees of the room.
    pub mirror: Mirror,
    /// Of the last snapshot or patch.
    pub stamp: Stamp,
    /// Snapshots and patches since it was welcomed.
    pub snapshots: u32,
    /// Patches since it was welcomed.
    pub patches: u32,
    /// Pings of the server that were answered.
    pub pings: u32,
    inputs: u32,
}

/// What a player heard, after it was acted on.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The mirror shows this message's state.
    Rows(RowsKind),
    /// An event, as MessagePack.
    Event {
        /// Low 32 bits.
        tick: u32,
        /// As sent.
        payload: Vec<u8>,
    },
    /// Bytes of the game's own format.
    Bytes(Vec<u8>),
    /// The answer to a ping.
    Pong {
        /// As sent.
        client_time_us: u64,
    },
    /// The end.
    Closed {
        /// The close code.
        code: u16,
        /// Its words.
        reason: String,
    },
}

impl Player {
    /// Joins some room of this type, with a new one if need be.
    ///
    /// # Panics
    /// If there is no seat.
    pub fn join(server: &TestServer, room: &str, options: &Value) -> Self {
        let seat = seat::ask(server.address(), "joinOrCreate", room, options);
        Self::seat(server, &seat.unwrap())
    }

    /// Creates a room and joins it.
    ///
    /// # Panics
    /// If there is no seat.
    pub fn create(server: &TestServer, room: &str, options: &Value) -> Self {
        let seat = seat::ask(server.address(), "create", room, options);
        Self::seat(server, &seat.unwrap())
    }

    /// Joins the room of another player.
    ///
    /// # Panics
    /// If there is no seat.
    pub fn join_room_of(&self, server: &TestServer) -> Self {
        let options = serde_json::json!({});
        let seat = seat::ask(server.address(), "joinById", &self.seat.room_id, &options);
        Self::seat(server, &seat.unwrap())
    }

    /// Claims a reserved seat, by the way that clients of this server go: returns with the first
    /// snapshot.
    pub fn seat(server: &TestServer, seat: &Seat) -> Self {
        Self::begin(server.open(&seat.path()), seat)
    }

    /// Claims a reserved seat at a node: returns with the first snapshot.
    pub fn take(address: SocketAddr, seat: &Seat) -> Self {
        Self::begin(WebSocket::open(address, &seat.path()), seat)
    }

    /// Opens a seat again: returns with the first snapshot.
    pub fn reconnect(address: SocketAddr, seat: &Seat, token: ReconnectionToken) -> Self {
        Self::begin(WebSocket::open(address, &seat.path_with(token)), seat)
    }

    /// Reads the Welcome and the first snapshot of an open WebSocket.
    ///
    /// # Panics
    /// If something else comes.
    pub fn begin(mut socket: WebSocket, seat: &Seat) -> Self {
        let bytes = match socket.next_frame() {
            Frame::Binary(bytes) => bytes,
            other => panic!("no Welcome came: {other:?}"),
        };
        let Ok(ServerMessage::Welcome(welcome)) = ServerMessage::decode(&bytes) else {
            panic!("the first message is no Welcome");
        };
        let mut player = Self {
            socket,
            seat: seat.clone(),
            mirror: Mirror::new(welcome.schema.clone()),
            stamp: welcome.stamp,
            inputs: welcome.stamp.acked_input,
            welcome: *welcome,
            snapshots: 0,
            patches: 0,
            pings: 0,
        };
        player.wait(|heard| match heard {
            Heard::Rows(kind) => {
                assert_eq!(*kind, RowsKind::Snapshot, "a snapshot comes first");
                Some(())
            }
            Heard::Closed { code, reason } => panic!("closed: {code} {reason}"),
            _ => None,
        });
        player
    }

    /// Opens the seat of this player again, after its connection was lost.
    pub fn come_back(&self, server: &TestServer) -> Self {
        let path = self.seat.path_with(self.welcome.reconnection_token);
        Self::begin(server.open(&path), &self.seat)
    }

    /// Sends an input and returns its number.
    pub fn input(&mut self, input: &impl Serialize) -> u32 {
        self.inputs += 1;
        let seq = self.inputs;
        self.socket.send(&encode_input(seq, input));
        seq
    }

    /// Sends an input and waits until it is applied.
    pub fn apply(&mut self, input: &impl Serialize) {
        let seq = self.input(input);
        self.wait_for_ack(seq);
    }

    /// Reads on until the state contains this input.
    pub fn wait_for_ack(&mut self, seq: u32) {
        while self.stamp.acked_input < seq {
            self.expect_open();
        }
    }

    /// Sends a message.
    pub fn say(&mut self, message: &ClientMessage<'_>) {
        self.socket.send(&encode(message));
    }

    /// Acts on the next message.
    ///
    /// # Panics
    /// If none comes, or it is none of this wire.
    pub fn hear(&mut self) -> Heard {
        loop {
            match self.socket.next_frame() {
                Frame::Binary(bytes) => return self.take_message(&bytes),
                Frame::Ping(payload) => {
                    self.pings += 1;
                    let pong = OpCode::Control(Control::Pong);
                    self.socket.send_frame(pong, &payload);
                }
                Frame::Pong(_) => {}
                Frame::Close { code, reason } => {
                    let code = code.unwrap_or(1005);
                    return Heard::Closed { code, reason };
                }
                other => panic!("not of this wire: {other:?}"),
            }
        }
    }

    /// Reads on until `wanted` finds what it looks for.
    pub fn wait<T>(&mut self, mut wanted: impl FnMut(&Heard) -> Option<T>) -> T {
        loop {
            let heard = self.hear();
            if let Some(found) = wanted(&heard) {
                return found;
            }
            if let Heard::Closed { code, reason } = heard {
                panic!("closed before it was heard: {code} {reason}");
            }
        }
    }

    /// Reads on until the mirror is as wanted.
    pub fn wait_until(&mut self, is_wanted: impl Fn(&Mirror) -> bool) {
        while !is_wanted(&self.mirror) {
            self.expect_open();
        }
    }

    /// Reads on until an event of this form comes.
    pub fn wait_for_event<E: DeserializeOwned, T>(
        &mut self,
        mut wanted: impl FnMut(E) -> Option<T>,
    ) -> T {
        self.wait(|heard| match heard {
            Heard::Event { payload, .. } => wanted(decode_event(payload)),
            _ => None,
        })
    }

    /// Reads on to the end: its code and words.
    pub fn read_to_close(&mut self) -> (u16, String) {
        self.wait(|heard| match heard {
            Heard::Closed { code, reason } => Some((*code, reason.clone())),
            _ => None,
        })
    }

    /// Leaves for good, and waits until the server has said goodbye.
    pub fn leave(mut self) {
        self.socket.close(1000);
        self.socket.read_to_close();
    }

    fn expect_open(&mut self) {
        if let Heard::Closed { code, reason } = self.hear() {
            panic!("closed too early: {code} {reason}");
        }
    }

    fn take_message(&mut self, bytes: &[u8]) -> Heard {
        match ServerMessage::decode(bytes).unwrap() {
            ServerMessage::Welcome(_) => panic!("a second Welcome"),
            ServerMessage::Snapshot { stamp, rows } => {
                self.snapshots += 1;
                self.take_rows(RowsKind::Snapshot, stamp, rows)
            }
            ServerMessage::Patch { stamp, rows } => {
                self.patches += 1;
                self.take_rows(RowsKind::Patch, stamp, rows)
            }
            ServerMessage::Event { tick, payload } => Heard::Event {
                tick,
                payload: payload.to_vec(),
            },
            ServerMessage::RawEvent { payload, .. } => Heard::Bytes(payload.to_vec()),
            ServerMessage::Pong { client_time_us, .. } => Heard::Pong { client_time_us },
        }
    }

    fn take_rows(&mut self, kind: RowsKind, stamp: Stamp, rows: &[u8]) -> Heard {
        assert!(stamp.tick >= self.stamp.tick, "ticks do not go back");
        assert!(
            stamp.acked_input >= self.stamp.acked_input,
            "an acknowledged input stays so"
        );
        self.stamp = stamp;
        self.mirror.apply(kind, rows).unwrap();
        Heard::Rows(kind)
    }

    /// A field of the row of this session in a table; none if there is no such row.
    pub fn own_field(&self, table: &str, field: &str) -> Option<&RowValue> {
        let key = RowValue::Session(self.welcome.session);
        let row = self.mirror.row(table, &key)?;
        self.mirror.field(table, row, field)
    }
}

/// A message as bytes.
pub fn encode(message: &ClientMessage<'_>) -> Vec<u8> {
    message.encode(&mut FlatBufferBuilder::new()).to_vec()
}

/// An input as the bytes of its message.
///
/// # Panics
/// If it cannot be serialized.
pub fn encode_input(seq: u32, input: &impl Serialize) -> Vec<u8> {
    let payload = rmp_serde::to_vec_named(input).unwrap();
    encode(&ClientMessage::Input {
        seq,
        payload: &payload,
    })
}

/// The pong in a frame that came before any Welcome; none if it is something else.
pub fn heard_pong(frame: &Frame) -> Option<Heard> {
    let Frame::Binary(bytes) = frame else {
        return None;
    };
    match ServerMessage::decode(bytes) {
        Ok(ServerMessage::Pong { client_time_us, .. }) => Some(Heard::Pong { client_time_us }),
        _ => None,
    }
}

/// Reads the payload of an event.
///
/// # Panics
/// If it is none of this form.
pub fn decode_event<E: DeserializeOwned>(payload: &[u8]) -> E {
    rmp_serde::from_slice(payload).unwrap()
}
