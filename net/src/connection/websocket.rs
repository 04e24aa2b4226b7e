//! While a connection is a WebSocket.

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use tungstenite::protocol::frame::coding::Control;

use super::{Connection, Event, Failure, Phase, Protocol};
use crate::rate::MessageRate;
use crate::read_buffer::ReadBuffer;
use crate::ws::{self, Incoming, Reader, Role, Whole};

#[derive(Debug)]
pub(super) struct WebSocketSide {
    reader: Reader,
    /// Bytes that came with the upgrade request, until the first read.
    pub(super) held: Vec<u8>,
    rate: MessageRate,
    /// A ping is out that nothing was heard after.
    pub(super) is_pinged: bool,
}

impl WebSocketSide {
    pub(super) const fn new(held: Vec<u8>) -> Self {
        Self {
            reader: Reader::new(Role::Server),
            held,
            rate: MessageRate::new(),
            is_pinged: false,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held.len() + self.reader.held_bytes()
    }

    /// The next message within the limits.
    fn next(
        &mut self,
        read: &mut ReadBuffer,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Option<Whole>, Failure> {
        let whole = self.reader.advance(read, limits.frame_bytes_max);
        let frames = u64::from(self.reader.take_frame_count());
        let per_second = limits.message_rate_max;
        if frames > 0 && !self.rate.take(frames, per_second, now) {
            return Err(Failure::MessageRate { per_second });
        }
        Ok(whole?)
    }
}

impl Connection {
    pub(super) fn next_message<'b>(
        &mut self,
        read: &'b mut ReadBuffer,
        limits: &Limits,
        now: Timestamp,
    ) -> Option<Event<'b>> {
        while let Phase::Open | Phase::Closing = self.phase {
            let whole = match self.next_whole(read, limits, now) {
                Ok(whole) => whole?,
                Err(failure) => {
                    // Not every failure is an event after which the rest would be asked for.
                    read.discard();
                    return self.fail(failure, now);
                }
            };
            if whole.is_control() {
                let event = match whole.view(read) {
                    Ok(incoming) => self.take_control(incoming, limits, now),
                    Err(violation) => self.fail(violation.into(), now),
                };
                if event.is_some() {
                    return event;
                }
            } else if self.phase == Phase::Open {
                return match whole.view(read) {
                    Ok(Incoming::Text(text)) => Some(Event::Text(text)),
                    Ok(incoming) => Some(Event::Binary(incoming.payload())),
                    Err(violation) => self.fail(violation.into(), now),
                };
            }
            // Else a close frame of ours is out: the peer's messages come too late.
        }
        read.discard();
        None
    }

    fn next_whole(
        &mut self,
        read: &mut ReadBuffer,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Option<Whole>, Failure> {
        let Protocol::WebSocket(websocket) = &mut self.protocol else {
            return Ok(None);
        };
        if !websocket.held.is_empty() {
            read.carry(std::mem::take(&mut websocket.held));
        }
        websocket.is_pinged &= read.is_empty();
        websocket.next(read, limits, now)
    }

    /// Answers pings and close frames.
    fn take_control(
        &mut self,
        incoming: Incoming<'_>,
        limits: &Limits,
        now: Timestamp,
    ) -> Option<Event<'static>> {
        match incoming {
            Incoming::Ping(payload) if self.phase == Phase::Open => {
                let pong = ws::control_frame(Control::Pong, payload);
                self.queue_control(pong, limits, now);
                None
            }
            Incoming::Close { code, .. } => self.take_close(code, now),
            // A pong says only that the client is there, and any byte says that.
            _ => None,
        }
    }

    fn take_close(&mut self, code: Option<u16>, now: Timestamp) -> Option<Event<'static>> {
        let is_first = self.phase == Phase::Open;
        if is_first {
            // RFC 6455 section 5.5.1: the answer echoes the code.
            let payload = code.map(|code| ws::encode_close(code, ""));
            self.queue_close(payload.as_deref().unwrap_or(&[]), now);
        }
        self.enter(Phase::Flushing, now);
        is_first.then_some(Event::Closed { code })
    }

    /// Ends a connection whose bytes cannot be understood any further.
    fn fail(&mut self, failure: Failure, now: Timestamp) -> Option<Event<'static>> {
        let is_first = self.phase == Phase::Open;
        if is_first {
            let reason = failure.to_string();
            self.queue_close(&ws::encode_close(failure.code(), &reason), now);
        }
        self.enter(Phase::Draining { write_ended: false }, now);
        is_first.then_some(Event::Failed(failure))
    }

    pub(super) fn queue_ping(&mut self, limits: &Limits, now: Timestamp) {
        let ping = ws::control_frame(Control::Ping, &[]);
        self.queue_control(ping, limits, now);
    }
}
