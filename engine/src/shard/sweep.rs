//! Ready sockets: accept, read, write.

use std::time::Duration;

use downbeat_net::http::RequestError;
use downbeat_net::socket::{AcceptError, Readiness, Recv, flush};
use downbeat_net::ws::Violation;
use downbeat_net::{Connection, Event, Failure};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::{CloseCode, is_consented};
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::server::ServerMessage;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::sockets::{BELL, LISTENER, Role};
use crate::http::{self, Answer};

/// Accepts per sweep: a storm of clients must not hold up the rooms.
const ACCEPTS_PER_SWEEP: usize = 256;

/// What a connection said, read and routed.
enum Heard {
    /// A message reached its room, or was dropped there.
    Message(downbeat_core::host::Received),
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
    /// Serves what is ready now, within the read budget.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let mut ready = std::mem::take(&mut self.ready);
        match self.sockets.poller.poll(Some(Duration::ZERO)) {
            Ok(events) => ready.extend(events),
            Err(error) => tracing::error!(%error, "the poller failed"),
        }
        let read_until = self.stats.total.bytes_in + self.limits.read_budget_bytes;
        for readiness in &ready {
            match readiness.token {
                LISTENER => self.accept(now),
                BELL => drop(self.bell.waker().drain()),
                token if self.stats.total.bytes_in < read_until => {
                    self.serve(ConnectionId(token), *readiness, now);
                }
                // Level-triggered: it is ready in the next sweep too.
                _ => self.stats.limit_hit("read_budget_bytes"),
            }
        }
        if ready.iter().any(|readiness| readiness.token != BELL) {
            self.stay_busy(now);
        }
        ready.clear();
        self.ready = ready;
    }

    fn accept(&mut self, now: Timestamp) {
        for _ in 0..ACCEPTS_PER_SWEEP {
            let (stream, peer) = match self.listener.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return,
                Err(error) => return self.refuse_accept(error),
            };
            if let Some(limit) = self.sockets.limit_for(peer, &self.limits) {
                self.stats.limit_hit(limit);
                continue;
            }
            self.stats.total.connections += 1;
            let id = self.sockets.insert(stream, Connection::new(peer, now));
            // Most clients have sent their request by now.
            self.read(id, now);
            self.settle(id, now);
        }
    }

    fn refuse_accept(&mut self, error: AcceptError) {
        if error == AcceptError::NoDescriptors {
            self.stats.limit_hit("file_descriptors");
        }
        tracing::warn!("{error}");
    }

    fn serve(&mut self, id: ConnectionId, readiness: Readiness, now: Timestamp) {
        if readiness.writable {
            self.flush_socket(id, now);
        }
        if readiness.readable || readiness.is_broken {
            self.read(id, now);
        }
        self.settle(id, now);
    }

    fn flush_socket(&mut self, id: ConnectionId, now: Timestamp) {
        if let Some(socket) = self.sockets.find_mut(id) {
            flush(&mut socket.connection, &socket.stream, &mut self.batch, now);
        }
    }

    /// Receives once and acts on all that has become whole.
    pub(super) fn read(&mut self, id: ConnectionId, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        match socket.stream.recv(self.read.space()) {
            Recv::Bytes(len) => {
                self.stats.total.bytes_in += len as u64;
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
            // Moved to another shard, or gone: what follows is not for us.
            debug_assert!(self.read.is_empty(), "bytes were left for nobody");
            return None;
        };
        let peer = socket.connection.peer();
        let event = socket
            .connection
            .next_event(&mut self.read, &self.limits, now)?;
        Some(match event {
            Event::Request(request) => {
                self.stats.total.http_requests += 1;
                Heard::Request(http::answer(&self.desk.node, &request, peer.ip()))
            }
            Event::Binary(bytes) => {
                self.stats.total.messages_in += 1;
                let Role::Player { room, seat } = socket.role else {
                    return Some(Heard::Message(downbeat_core::host::Received::Ignored));
                };
                match (ClientMessage::decode(bytes), self.rooms.find_mut(room)) {
                    (Ok(message), Some(slot)) => {
                        if socket
                            .habit
                            .talks(now, slot.definition.room_type().tick_hz())
                        {
                            slot.regulars.push(id);
                        }
                        Heard::Message(slot.room.receive(now, seat, message))
                    }
                    (Err(error), _) => {
                        Heard::Stranger(CloseCode::MalformedMessage, error.to_string())
                    }
                    (_, None) => Heard::Message(downbeat_core::host::Received::Ignored),
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
        use downbeat_core::host::Received;
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
        let parts = [downbeat_schemas::part::Part::Own(bytes)];
        socket.connection.queue_message(&parts, &self.limits, now);
        self.stats.total.messages_out += 1;
        self.stats.total.bytes_out += bytes.len() as u64;
    }

    /// Begins to close a connection; its room loses the client.
    pub(super) fn part(&mut self, id: ConnectionId, code: CloseCode, reason: &str, now: Timestamp) {
        self.leave_room(id, false, now);
        if let Some(socket) = self.sockets.find_mut(id) {
            socket.role = Role::Parting;
            socket.connection.close(code, reason, now);
        }
    }

    fn leave_room(&mut self, id: ConnectionId, consented: bool, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        if let Role::Player { room, seat } = std::mem::replace(&mut socket.role, Role::Parting)
            && let Some(slot) = self.rooms.find_mut(room)
        {
            slot.room.disconnect(now, seat, consented);
        }
    }

    /// After anything was done to a connection: sends what waits, closes what is finished, watches
    /// for the rest.
    pub(super) fn settle(&mut self, id: ConnectionId, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        if socket.connection.wants_to_send() {
            flush(&mut socket.connection, &socket.stream, &mut self.batch, now);
        }
        if socket.connection.is_drained() {
            socket.connection.resume();
            self.stats.total.resyncs += 1;
            if let Role::Player { room, seat } = socket.role
                && let Some(slot) = self.rooms.find_mut(room)
            {
                slot.room.resync(seat);
            }
        }
        if socket.connection.is_finished() {
            self.leave_room(id, false, now);
            self.sockets.remove(id);
            return;
        }
        self.sockets.watch(id, &self.limits);
    }
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
