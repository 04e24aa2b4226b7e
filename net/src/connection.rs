//! The protocol state of one socket of the server, without the socket.

mod event;
mod http;
mod timers;
mod websocket;

use std::net::SocketAddr;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use tungstenite::protocol::frame::coding::Control;

pub use event::{Event, Expired, Failure};
use http::HttpSide;
use websocket::WebSocketSide;

use crate::http::Response;
use crate::outbox::{Delivery, Outbox, Part};
use crate::read_buffer::ReadBuffer;
use crate::ws::{self, Upgrade};

/// One connection: HTTP first, then a WebSocket.
///
/// It owns no socket and may move to another thread at any time. Bytes go in through a
/// [`ReadBuffer`]; events come out of [`next_event`](Self::next_event); bytes to send wait in its
/// outbox until [`flush`](crate::socket::flush) sends them. After each call, whoever owns the
/// socket looks at [`wants_bytes`](Self::wants_bytes), [`wants_to_send`](Self::wants_to_send) and
/// [`is_finished`](Self::is_finished).
#[derive(Debug)]
pub struct Connection {
    peer: SocketAddr,
    protocol: Protocol,
    phase: Phase,
    phase_since: Timestamp,
    heard_at: Timestamp,
    outbox: Outbox,
}

#[derive(Debug)]
enum Protocol {
    Http(HttpSide),
    WebSocket(WebSocketSide),
}

/// How far the end has come. Each phase but the first lasts `close_timeout_ms` at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// A close frame of ours is queued or sent; the peer's is missing.
    Closing,
    /// Nothing the peer sends matters any more, but it must be read: closing a socket with unread
    /// bytes resets it, and the peer might lose our last words.
    Draining {
        write_ended: bool,
    },
    /// Both sides are done; what is queued goes out.
    Flushing,
    /// The socket is to be closed.
    Finished,
}

impl Connection {
    /// A connection that was accepted at `now`.
    pub fn new(peer: SocketAddr, now: Timestamp) -> Self {
        Self {
            peer,
            protocol: Protocol::Http(HttpSide::new(now)),
            phase: Phase::Open,
            phase_since: now,
            heard_at: now,
            outbox: Outbox::default(),
        }
    }

    /// The address of the other side.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Whether it was upgraded.
    pub const fn is_websocket(&self) -> bool {
        matches!(self.protocol, Protocol::WebSocket(_))
    }

    /// What the bytes in `read` say next; call it until there is nothing more, and `read` is empty
    /// then. What is incomplete is kept here.
    ///
    /// Call it as well, with an empty buffer, while [`Self::has_held_bytes`].
    ///
    /// A request is the last event until it is answered by [`Self::respond`] or
    /// [`Self::upgrade`].
    pub fn next_event<'b>(
        &mut self,
        read: &'b mut ReadBuffer,
        limits: &Limits,
        now: Timestamp,
    ) -> Option<Event<'b>> {
        if !read.is_empty() {
            self.heard_at = now;
        }
        match (self.phase, &self.protocol) {
            (Phase::Open, Protocol::Http(_)) => self.next_request(read, limits, now),
            (Phase::Open | Phase::Closing, Protocol::WebSocket(_)) => {
                self.next_message(read, limits, now)
            }
            _ => {
                read.discard();
                None
            }
        }
    }

    /// Whether bytes are held here that [`Self::next_event`] may now understand: after an answer
    /// or an upgrade, and after a flush made room in the outbox.
    pub fn has_held_bytes(&self) -> bool {
        match &self.protocol {
            _ if !matches!(self.phase, Phase::Open | Phase::Closing) => false,
            Protocol::Http(http) => http.has_next_request(),
            Protocol::WebSocket(websocket) => !websocket.held.is_empty(),
        }
    }

    /// Answers the request. Ignored if the connection ended meanwhile.
    ///
    /// # Panics
    /// If no request waits for an answer.
    pub fn respond(&mut self, response: Response, now: Timestamp) {
        if self.phase == Phase::Open {
            self.answer(response, now);
        }
    }

    /// Answers the request with 101: what follows are WebSocket frames. Bytes that came after the
    /// request are kept, and read as frames by the next [`Self::next_event`].
    ///
    /// # Panics
    /// If no request waits for an answer.
    pub fn upgrade(&mut self, upgrade: &Upgrade, now: Timestamp) {
        if self.phase == Phase::Open {
            self.switch_protocols(upgrade, now);
        }
    }

    /// Begins to end the connection: a WebSocket with a close frame, HTTP after what is queued.
    /// Ignored if it is ending already.
    pub fn close(&mut self, code: CloseCode, reason: &str, now: Timestamp) {
        if self.phase != Phase::Open {
            return;
        }
        match &self.protocol {
            Protocol::Http(_) => self.enter(Phase::Draining { write_ended: false }, now),
            Protocol::WebSocket(_) => {
                self.queue_close(&ws::encode_close(code.code(), reason), now);
                self.enter(Phase::Closing, now);
            }
        }
    }

    /// The peer sends nothing more: the socket reached the end of its bytes. A WebSocket is then
    /// finished; HTTP answers what was asked first.
    pub fn end_of_input(&mut self, now: Timestamp) {
        match (&mut self.protocol, self.phase) {
            // It may still read: `printf 'GET ...' | nc -N`.
            (Protocol::Http(http), Phase::Open) if http.is_answering() => http.end_input(),
            (Protocol::WebSocket(_), Phase::Open | Phase::Closing) => self.lost(),
            (_, Phase::Flushing | Phase::Finished) => {}
            _ => self.enter(Phase::Flushing, now),
        }
    }

    /// The socket is broken.
    pub fn lost(&mut self) {
        self.phase = Phase::Finished;
    }

    /// Queues one binary message, to go out with the next flush.
    ///
    /// [`send_message`](crate::socket::send_message) saves the queue when the socket has room.
    pub fn queue_message(
        &mut self,
        parts: &[Part<'_>],
        limits: &Limits,
        now: Timestamp,
    ) -> Delivery {
        self.queue_rest(&ws::message_head(parts), parts, 0, limits, now)
    }

    /// Whether messages are dropped because the client did not read the ones before.
    pub const fn is_overflowed(&self) -> bool {
        self.outbox.is_overflowed()
    }

    /// Whether the socket has taken what an overflow left: now call [`Self::resume`] and send a
    /// snapshot.
    pub fn is_drained(&self) -> bool {
        self.outbox.is_drained()
    }

    /// Takes messages again after an overflow. The next one must be a snapshot.
    ///
    /// # Panics
    /// Unless [`Self::is_drained`].
    pub fn resume(&mut self) {
        self.outbox.resume();
    }

    /// Whether received bytes are welcome. While not, leave them in the kernel.
    pub fn wants_bytes(&self, limits: &Limits) -> bool {
        match (self.phase, &self.protocol) {
            (Phase::Open, Protocol::Http(http)) => {
                !http.is_answering() && self.has_room_for_answer(limits)
            }
            (Phase::Open | Phase::Closing | Phase::Draining { .. }, _) => true,
            (Phase::Flushing | Phase::Finished, _) => false,
        }
    }

    /// Whether bytes wait to be sent.
    pub fn wants_to_send(&self) -> bool {
        self.phase != Phase::Finished && !self.outbox.is_empty()
    }

    /// Appends the next bytes to send to `batch`, as many as let it be `batch_bytes_max` long. For
    /// a transport of one's own; [`flush`](crate::socket::flush) does this and [`Self::sent`].
    pub fn gather(&self, batch: &mut Vec<u8>, batch_bytes_max: usize) {
        self.outbox.gather(batch, batch_bytes_max);
    }

    /// The transport took the first `bytes` of those that [`Self::gather`] shows.
    ///
    /// # Panics
    /// If that is more than waits.
    pub fn sent(&mut self, bytes: usize, now: Timestamp) {
        self.outbox.advance(bytes, now);
    }

    /// Bytes that wait to be sent.
    pub const fn queued_bytes(&self) -> usize {
        self.outbox.queued_bytes()
    }

    /// Bytes of incomplete input that are kept here.
    pub fn held_bytes(&self) -> usize {
        match &self.protocol {
            Protocol::Http(http) => http.held_bytes(),
            Protocol::WebSocket(websocket) => websocket.held_bytes(),
        }
    }

    /// Whether the close has begun, from either side: messages are skipped.
    pub fn is_closing(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Whether all is said and sent: close the socket.
    pub fn is_finished(&self) -> bool {
        match self.phase {
            Phase::Finished => true,
            Phase::Flushing => self.outbox.is_empty(),
            _ => false,
        }
    }

    /// Queues a message of which the socket took `sent` bytes.
    pub(crate) fn queue_rest(
        &mut self,
        head: &[u8],
        parts: &[Part<'_>],
        sent: usize,
        limits: &Limits,
        now: Timestamp,
    ) -> Delivery {
        if !self.takes_messages() {
            return Delivery::Skipped;
        }
        self.outbox.push_message(head, parts, sent, limits, now)
    }

    pub(crate) const fn takes_messages(&self) -> bool {
        matches!(
            (self.phase, &self.protocol),
            (Phase::Open, Protocol::WebSocket(_))
        )
    }

    /// True once, when the last byte is out and the peer should learn that no more will come.
    pub(crate) fn take_write_end(&mut self) -> bool {
        let is_due = self.phase == Phase::Draining { write_ended: false } && self.outbox.is_empty();
        if is_due {
            self.phase = Phase::Draining { write_ended: true };
        }
        is_due
    }

    fn queue_close(&mut self, payload: &[u8], now: Timestamp) {
        let frame = ws::control_frame(Control::Close, payload);
        self.outbox.push_kept(frame, now);
    }

    fn queue_control(&mut self, frame: Vec<u8>, limits: &Limits, now: Timestamp) {
        self.outbox.push_control(frame, limits, now);
    }

    fn has_room_for_answer(&self, limits: &Limits) -> bool {
        (self.outbox.queued_bytes() as u64) < limits.outbox_bytes_max
    }

    const fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.phase_since = now;
    }
}
