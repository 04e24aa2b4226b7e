//! A keep-alive HTTP connection that asks for one seat after the other.

use std::net::SocketAddr;

use downbeat_net::socket::{Poller, Readiness, Recv};

use super::fault::Fault;
use super::http::{Answer, Seat, read_answer};
use super::wire::Wire;

/// What one `recv` of an answer can bring.
const CHUNK_BYTES: usize = 4_096;

/// One of the few connections over which all clients ask for their seats.
#[derive(Debug)]
pub(super) struct Lane {
    token: u64,
    wire: Option<Wire>,
    /// Whether the connection has answered before: then its loss may be its old age.
    is_proven: bool,
    asking: Option<u32>,
    answer: Vec<u8>,
}

/// What a client gets.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) client: u32,
    pub(super) seat: Result<Seat, Fault>,
}

/// Where and what every lane asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) address: SocketAddr,
    pub(super) request: &'a [u8],
}

impl Lane {
    pub(super) const fn new(token: u64) -> Self {
        Self {
            token,
            wire: None,
            is_proven: false,
            asking: None,
            answer: Vec::new(),
        }
    }

    pub(super) const fn is_free(&self) -> bool {
        self.asking.is_none()
    }

    /// Asks for a seat for `client`.
    pub(super) fn ask(
        &mut self,
        client: u32,
        question: Question<'_>,
        poller: &Poller,
    ) -> Result<(), Fault> {
        assert!(self.is_free(), "one question at a time");
        self.asking = Some(client);
        let asked = self.put(question, poller);
        if asked.is_err() {
            self.hang_up();
        }
        asked
    }

    /// Gives up the question of `client`, if it is this lane's.
    pub(super) fn give_up(&mut self, client: u32) {
        if self.asking == Some(client) {
            self.hang_up();
        }
    }

    /// The connection is ready: what that means for the client that waits.
    pub(super) fn on_ready(
        &mut self,
        ready: Readiness,
        question: Question<'_>,
        poller: &Poller,
    ) -> Option<Outcome> {
        let seat = match self.advance(ready, question, poller) {
            Ok(None) => return None,
            Ok(Some(Answer::Seat(seat))) => Ok(seat),
            Ok(Some(Answer::Refused { status, text })) => Err(Fault::Refused { status, text }),
            Err(fault) => Err(fault),
        };
        let client = self.asking.take();
        if seat
            .as_ref()
            .is_err_and(|fault| !matches!(fault, Fault::Refused { .. }))
        {
            self.hang_up();
        }
        client.map(|client| Outcome { client, seat })
    }

    fn advance(
        &mut self,
        ready: Readiness,
        question: Question<'_>,
        poller: &Poller,
    ) -> Result<Option<Answer>, Fault> {
        let Some(wire) = &mut self.wire else {
            return Ok(None);
        };
        if ready.writable {
            wire.on_writable(poller)?;
        }
        let mut chunk = [0; CHUNK_BYTES];
        match wire.recv(&mut chunk) {
            Recv::Empty => return Ok(None),
            Recv::Bytes(len) => self.answer.extend_from_slice(&chunk[..len]),
            Recv::Ended | Recv::Broken => return self.on_lost(question, poller),
        }
        let Some(framed) = read_answer(&self.answer)? else {
            return Ok(None);
        };
        self.answer.clear();
        self.is_proven = true;
        if !framed.keep_alive {
            self.wire = None;
        }
        Ok(Some(framed.answer))
    }

    /// A connection that served before may have been closed for its silence just when the question
    /// was on its way: that question is asked once more, over a new one.
    fn on_lost(
        &mut self,
        question: Question<'_>,
        poller: &Poller,
    ) -> Result<Option<Answer>, Fault> {
        self.wire = None;
        if self.is_free() {
            return Ok(None);
        }
        if !self.is_proven || !self.answer.is_empty() {
            return Err(Fault::NoAnswer);
        }
        self.put(question, poller)?;
        Ok(None)
    }

    fn put(&mut self, question: Question<'_>, poller: &Poller) -> Result<(), Fault> {
        let wire = match &mut self.wire {
            Some(wire) => wire,
            None => {
                self.is_proven = false;
                let wire = Wire::connect(question.address, self.token, poller)?;
                self.wire.insert(wire)
            }
        };
        Ok(wire.send(question.request, poller)?)
    }

    fn hang_up(&mut self) {
        self.wire = None;
        self.asking = None;
        self.answer.clear();
    }
}
