//! What connections say: from received bytes to rooms and answers.

use downbeat_cluster::relay::Queued;
use downbeat_core::host::{AnyRoom, Received};
use downbeat_net::http::RequestError;
use downbeat_net::socket::Recv;
use downbeat_net::ws::Violation;
use downbeat_net::{Event, Failure};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::{CloseCode, is_consented};
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::ServerMessage;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::edge::{Edges, Place};
use super::rooms::Rooms;
use super::sockets::{Role, Socket};
use crate::http::{self, Answer};

/// What a connection said, read and routed.
enum Heard {
    /// A message reached its room, or was dropped there.
    Message(Received),
    /// A request is to be answered so.
    Request(Answer),
    /// The client closed its WebSocket.
    Closed(Option<u16>),
    /// The connection has refused what it received, and queued its answer.
    Failed(Failure),
    /// This wire has no such message.
    Stranger(CloseCode, String),
}

impl Shard {
    /// Receives once and acts on all that has become whole.
    pub(super) fn read(&mut self, id: ConnectionId, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        match socket.stream.recv(self.read.space()) {
            Recv::Bytes(len) => {
                self.stats.total.received_bytes += len as u64;
                self.read.filled(len);
                self.hear_all(id, now);
            }
            Recv::Empty => socket.habit.is_silent(),
            Recv::Ended => socket.connection.end_of_input(now),
            Recv::Broken => socket.connection.lost(),
        }
    }

    /// Acts on everything in the read buffer and in the connection.
    pub(super) fn hear_all(&mut self, id: ConnectionId, now: Timestamp) {
        while let Some(heard) = self.hear(id, now) {
            self.act(id, heard, now);
        }
    }

    fn hear(&mut self, id: ConnectionId, now: Timestamp) -> Option<Heard> {
        let Some(socket) = self.sockets.find_mut(id) else {
            // Gone: the next connection must not find its bytes.
            self.read.discard();
            return None;
        };
        let peer = socket.connection.peer();
        let (read, limits) = (&mut self.read, &self.limits);
        Some(match socket.connection.next_event(read, limits, now)? {
            Event::Request(request) => {
                self.stats.total.http_requests += 1;
                Heard::Request(http::answer(&self.desk.node, &request, peer.ip()))
            }
            Event::Binary(bytes) => {
                self.stats.total.received_messages += 1;
                match socket.role {
                    Role::Relayed(place) => relay(bytes, place, &mut self.edges),
                    _ => deliver(bytes, id, socket, &mut self.rooms, now),
                }
            }
            Event::Text(_) => Heard::Stranger(
                CloseCode::UnsupportedData,
                "this wire is binary: send a FlatBuffers ClientMessage".to_owned(),
            ),
            Event::Closed { code } => Heard::Closed(code),
            Event::Failed(failure) => Heard::Failed(failure),
        })
    }

    fn act(&mut self, id: ConnectionId, heard: Heard, now: Timestamp) {
        match heard {
            Heard::Message(Received::Queued | Received::Leaving | Received::Ignored) => {}
            Heard::Message(Received::Dropped(limit)) => self.stats.limit_hit(limit),
            Heard::Message(Received::Malformed(why)) => {
                self.part(id, CloseCode::MalformedMessage, &why, now);
            }
            Heard::Message(Received::Pong {
                client_time_us,
                server_time_us,
            }) => {
                let pong = ServerMessage::Pong {
                    client_time_us,
                    server_time_us,
                };
                self.say(id, &pong, now);
            }
            Heard::Request(answer) => self.give(id, answer, now),
            Heard::Closed(code) => self.leave_room(id, code.is_some_and(is_consented), now),
            Heard::Failed(failure) => {
                self.count_failure(failure);
                self.leave_room(id, false, now);
            }
            Heard::Stranger(code, why) => {
                self.stats.total.protocol_errors += 1;
                self.part(id, code, &why, now);
            }
        }
    }

    fn count_failure(&mut self, failure: Failure) {
        match limit_of(failure) {
            Some(limit) => self.stats.limit_hit(limit),
            None => self.stats.total.protocol_errors += 1,
        }
    }

    /// Sends one message that is not a room's.
    fn say(&mut self, id: ConnectionId, message: &ServerMessage<'_>, now: Timestamp) {
        let mut fbb = flatbuffers::FlatBufferBuilder::new();
        let bytes = message.encode(&mut fbb);
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        let parts = [Part::Own(bytes)];
        socket.connection.queue_message(&parts, &self.limits, now);
        self.stats.total.sent_messages += 1;
    }

    /// Begins to close a connection; its room loses the client.
    pub(super) fn part(&mut self, id: ConnectionId, code: CloseCode, reason: &str, now: Timestamp) {
        self.leave_room(id, false, now);
        if let Some(socket) = self.sockets.find_mut(id) {
            socket.role = Role::Parting;
            socket.connection.close(code, reason, now);
        }
    }

    pub(super) fn leave_room(&mut self, id: ConnectionId, consented: bool, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        match std::mem::replace(&mut socket.role, Role::Parting) {
            Role::Player { room, seat } => {
                if let Some(slot) = self.rooms.find_mut(room) {
                    slot.room.disconnect(now, seat, consented);
                }
            }
            Role::Relayed(place) => self.relay_lost(place, consented),
            Role::Visitor | Role::Parting => {}
        }
    }
}

/// Takes a message on to the room's owner.
fn relay(bytes: &[u8], place: Place, edges: &mut Edges) -> Heard {
    match edges.message(place, bytes) {
        Queued::Yes | Queued::AndFull => Heard::Message(Received::Queued),
        Queued::Refused => Heard::Stranger(
            CloseCode::InternalError,
            "the room's node does not hear this one".to_owned(),
        ),
    }
}

/// Brings a message to the room of its sender.
fn deliver(
    bytes: &[u8],
    id: ConnectionId,
    socket: &mut Socket,
    rooms: &mut Rooms,
    now: Timestamp,
) -> Heard {
    let Role::Player { room, seat } = socket.role else {
        return Heard::Message(Received::Ignored);
    };
    let message = match ClientMessage::decode(bytes) {
        Ok(message) => message,
        Err(error) => return Heard::Stranger(CloseCode::MalformedMessage, error.to_string()),
    };
    let Some(slot) = rooms.find_mut(room) else {
        return Heard::Message(Received::Ignored);
    };
    let tick_hz = slot.definition.room_type().tick_hz();
    if socket.habit.talks(now, tick_hz) {
        slot.regulars.push(id);
    }
    Heard::Message(slot.room.receive(now, seat, message))
}

/// The limit that a client broke; none if it broke a rule of its protocol.
const fn limit_of(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::MessageRate { .. } => Some("message_rate_max"),
        Failure::WebSocket(Violation::MessageTooBig { .. }) => Some("frame_bytes_max"),
        Failure::Http(RequestError::HeaderTooBig { .. }) => Some("header_bytes_max"),
        Failure::Http(RequestError::TooManyHeaders { .. }) => Some("headers_max"),
        Failure::Http(RequestError::BodyTooBig { .. }) => Some("body_bytes_max"),
        Failure::Http(_) | Failure::WebSocket(_) => None,
    }
}
