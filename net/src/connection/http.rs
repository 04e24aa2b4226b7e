//! While a connection speaks HTTP.

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::{Connection, Event, Failure, Phase, Protocol, WebSocketSide};
use crate::http::{CONTINUE, Progress, Request, RequestError, RequestReader, Response, Shape};
use crate::read_buffer::ReadBuffer;
use crate::ws::Upgrade;

#[derive(Debug)]
pub(super) struct HttpSide {
    reader: RequestReader,
    answering: Option<Answering>,
    /// The accept, the first byte of the current request, or the last answer.
    since: Timestamp,
    had_request: bool,
    input_ended: bool,
}

/// What must be remembered of a request to frame its answer.
#[derive(Clone, Copy, Debug)]
struct Answering {
    keep_alive: bool,
    is_head: bool,
}

impl HttpSide {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            reader: RequestReader::default(),
            answering: None,
            since: now,
            had_request: false,
            input_ended: false,
        }
    }

    pub(super) const fn is_answering(&self) -> bool {
        self.answering.is_some()
    }

    /// Whether there may be another request, or it is known that there is none.
    pub(super) fn has_next_request(&self) -> bool {
        !self.is_answering() && (self.reader.is_begun() || self.input_ended)
    }

    /// Whether the client has nothing to say, rather than being slow to say it.
    pub(super) fn is_between_requests(&self) -> bool {
        self.had_request && !self.reader.is_begun()
    }

    pub(super) const fn since(&self) -> Timestamp {
        self.since
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }

    pub(super) const fn end_input(&mut self) {
        self.input_ended = true;
    }

    fn append(&mut self, read: &mut ReadBuffer, now: Timestamp) {
        if self.is_between_requests() {
            self.since = now;
        }
        self.reader.append(read.unread());
        read.discard();
    }

    fn advance(
        &mut self,
        read: &mut ReadBuffer,
        limits: &Limits,
    ) -> Result<Progress, RequestError> {
        if !self.is_answering() {
            return self.reader.advance(&mut read.assembled, limits);
        }
        // Only what one read brought along with the request is expected here.
        let max_bytes = limits.header_bytes_max + limits.body_bytes_max + read.capacity() as u64;
        if self.held_bytes() as u64 > max_bytes {
            return Err(RequestError::TooFarAhead { max_bytes });
        }
        Ok(Progress::Incomplete)
    }

    fn hand_out<'b>(&mut self, shape: Shape, read: &'b ReadBuffer) -> Request<'b> {
        let request = shape.view(&read.assembled);
        self.had_request = true;
        self.answering = Some(Answering {
            keep_alive: shape.keep_alive,
            is_head: request.method == "HEAD",
        });
        request
    }
}

impl Connection {
    pub(super) fn next_request<'b>(
        &mut self,
        read: &'b mut ReadBuffer,
        limits: &Limits,
        now: Timestamp,
    ) -> Option<Event<'b>> {
        let has_room = self.has_room_for_answer(limits);
        let Protocol::Http(http) = &mut self.protocol else {
            return None;
        };
        if !read.is_empty() {
            http.append(read, now);
        }
        if !has_room {
            // Answers must not pile up for a client that does not read them.
            return None;
        }
        let mut progress = http.advance(read, limits);
        if progress == Ok(Progress::WantsContinue) {
            self.outbox.push_kept(CONTINUE, now);
            progress = http.advance(read, limits);
        }
        match progress {
            Ok(Progress::Whole(shape)) => Some(Event::Request(http.hand_out(shape, read))),
            Ok(_) => {
                self.end_if_input_ended(now);
                None
            }
            Err(error) => {
                self.refuse(Response::refusal(error), now);
                Some(Event::Failed(Failure::Http(error)))
            }
        }
    }

    /// Answers the request that waits for it.
    pub(super) fn answer(&mut self, response: Response, now: Timestamp) {
        let (http, answering) = self.take_answering();
        http.since = now;
        let keep_alive = answering.keep_alive && !response.closes();
        self.send_response(response, keep_alive, answering.is_head, now);
        if !keep_alive {
            self.enter(Phase::Draining { write_ended: false }, now);
        }
    }

    /// Answers bytes that are no request, and ends.
    pub(super) fn refuse(&mut self, response: Response, now: Timestamp) {
        self.send_response(response, false, false, now);
        self.enter(Phase::Draining { write_ended: false }, now);
    }

    pub(super) fn switch_protocols(&mut self, upgrade: &Upgrade, now: Timestamp) {
        let (http, _) = self.take_answering();
        let input_ended = http.input_ended;
        let held = std::mem::take(&mut http.reader).into_rest();
        self.protocol = Protocol::WebSocket(WebSocketSide::new(held));
        self.heard_at = now;
        self.outbox.push_kept(upgrade.response(), now);
        if input_ended {
            self.lost();
        }
    }

    fn take_answering(&mut self) -> (&mut HttpSide, Answering) {
        let Protocol::Http(http) = &mut self.protocol else {
            panic!("a WebSocket has no request to answer");
        };
        let answering = http
            .answering
            .take()
            .expect("a request is answered once, after it was handed out");
        (http, answering)
    }

    fn send_response(
        &mut self,
        response: Response,
        keep_alive: bool,
        is_head: bool,
        now: Timestamp,
    ) {
        self.outbox.push_kept(response.head(keep_alive), now);
        if !is_head {
            self.outbox.push_kept(response.into_body(), now);
        }
    }

    /// A client that sends no more gets its answers and that is it.
    fn end_if_input_ended(&mut self, now: Timestamp) {
        if let Protocol::Http(http) = &self.protocol
            && http.input_ended
            && !http.is_answering()
        {
            self.enter(Phase::Flushing, now);
        }
    }
}
