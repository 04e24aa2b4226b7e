//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::connection::{Connection, Event};
use crate::http::{Request, Response};
use crate::read_buffer::ReadBuffer;
use crate::ws::Upgrade;

const NOW: Timestamp = Timestamp(1);

/// A connection, its buffer, and what both have said so far.
#[derive(Debug)]
pub struct Driver {
    pub connection: Connection,
    pub limits: Limits,
    /// One line for each event.
    pub events: Vec<String>,
    /// All bytes that went out.
    pub sent: Vec<u8>,
    read: ReadBuffer,
}

impl Driver {
    /// A connection at its first byte.
    pub fn new(limits: Limits) -> Self {
        Self {
            connection: Connection::new(([127, 0, 0, 1], 1).into(), NOW),
            limits,
            events: Vec::new(),
            sent: Vec::new(),
            read: ReadBuffer::new(64 << 10),
        }
    }

    /// A connection after its handshake.
    pub fn websocket(limits: Limits) -> Self {
        let mut driver = Self::new(limits);
        driver.feed(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        assert!(driver.connection.is_websocket());
        driver.events.clear();
        driver.sent.clear();
        driver
    }

    /// A connection after its handshake that the server has begun to close.
    pub fn closing(limits: Limits) -> Self {
        let mut driver = Self::websocket(limits);
        driver.connection.close(CloseCode::Kicked, "", NOW);
        driver.flush();
        driver.sent.clear();
        driver
    }

    /// Feeds `input` cut into pieces; `cut` says how long the next one is.
    pub fn feed_cut(&mut self, mut input: &[u8], mut cut: impl FnMut() -> usize) {
        while !input.is_empty() {
            let len = cut().clamp(1, input.len().min(self.read.capacity()));
            let (piece, rest) = input.split_at(len);
            self.feed(piece);
            input = rest;
        }
    }

    /// Feeds one piece as long as the connection wants bytes, pulls all events, answers requests,
    /// and sends everything.
    pub fn feed(&mut self, piece: &[u8]) {
        if !self.connection.wants_bytes(&self.limits) {
            return;
        }
        self.read.fill(piece);
        self.pull();
        while self.connection.has_held_bytes() && self.pull() > 0 {}
        self.flush();
        self.check();
    }

    /// Pulls all events: says how many.
    fn pull(&mut self) -> usize {
        let before = self.events.len();
        while let Some(event) = self
            .connection
            .next_event(&mut self.read, &self.limits, NOW)
        {
            let line = describe(&event);
            if let Event::Request(request) = event {
                answer(&mut self.connection, &request);
            }
            self.events.push(line);
        }
        assert!(self.read.is_empty(), "bytes were left to the next one");
        self.events.len() - before
    }

    /// Moves what waits to `sent`.
    pub fn flush(&mut self) {
        let start = self.sent.len();
        self.connection.gather(&mut self.sent, usize::MAX);
        self.connection.sent(self.sent.len() - start, NOW);
    }

    /// What must hold after any input.
    fn check(&self) {
        let held_bytes = self.connection.held_bytes() as u64;
        let http_max = self.limits.header_bytes_max + self.limits.body_bytes_max;
        let read_ahead_max = self.read.capacity() as u64;
        assert!(held_bytes <= http_max.max(self.limits.frame_bytes_max) + read_ahead_max);
        assert!(!self.connection.wants_to_send());
        assert!(!self.connection.is_finished() || self.connection.is_closing());
    }
}

/// Feeds requests to a new connection, whole and cut: the events must be the same.
pub fn http_request(input: &[u8]) {
    same_however_cut(|| Driver::new(Limits::default()), input);
}

/// Feeds frames to a connection after its handshake, whole and cut: the events must be the same.
/// So must they be for one that was told to close, and waits for the answer.
pub fn websocket_frames(input: &[u8]) {
    same_however_cut(|| Driver::websocket(Limits::default()), input);
    same_however_cut(|| Driver::closing(Limits::default()), input);
}

fn same_however_cut(driver: impl Fn() -> Driver, input: &[u8]) {
    let mut whole = driver();
    whole.feed_cut(input, || usize::MAX);
    let mut step = 0;
    let cuts = [1, 2, 3, 5, 7, 11, 64, 600];
    let mut uneven = driver();
    uneven.feed_cut(input, || {
        step += 1;
        cuts[step % cuts.len()]
    });
    let mut bytes = driver();
    bytes.feed_cut(input, || 1);
    assert_eq!(whole.events, uneven.events);
    assert_eq!(whole.events, bytes.events);
}

/// An event in one line.
fn describe(event: &Event<'_>) -> String {
    match event {
        Event::Request(request) => describe_request(request),
        Event::Binary(bytes) => format!("binary {}", bytes.escape_ascii()),
        Event::Text(text) => format!("text {text}"),
        Event::Closed { code } => format!("closed {code:?}"),
        Event::Failed(failure) => format!("failed {}: {failure}", failure.code()),
    }
}

fn describe_request(request: &Request<'_>) -> String {
    let Request {
        method,
        path,
        query,
        ..
    } = request;
    // Reading everything is part of the test.
    let headers = request.headers.iter().count();
    let pairs = request.query_pairs().count();
    let segments = request.segments().count();
    let body = request.body.escape_ascii().to_string();
    format!("{method} {path} /{segments} ?{query} &{pairs} :{headers} {body}")
}

fn answer(connection: &mut Connection, request: &Request<'_>) {
    if !Upgrade::is_asked(request) {
        return connection.respond(Response::text(200, "ok"), NOW);
    }
    match Upgrade::check(request, &["downbeat.v1"]) {
        Ok(upgrade) => connection.upgrade(&upgrade, NOW),
        Err(error) => connection.respond(error.response(), NOW),
    }
}
