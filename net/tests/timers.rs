//! What happens when nothing happens, and how connections end.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use downbeat_net::http::Response;
use downbeat_net::ws::{Data, OpCode, Upgrade, encode_masked};
use downbeat_net::{Connection, Delivery, Event, Expired, Part, ReadBuffer};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

const HANDSHAKE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A connection under a clock that the test sets.
struct Bench {
    connection: Connection,
    limits: Limits,
    now: Timestamp,
    read: ReadBuffer,
}

impl Bench {
    fn http() -> Self {
        let limits = Limits {
            header_timeout_ms: 1_000,
            keep_alive_timeout_ms: 2_000,
            close_timeout_ms: 300,
            ping_interval_ms: 5_000,
            idle_timeout_ms: 8_000,
            outbox_window_ms: 4_000,
            outbox_bytes_max: 4_096,
            ..Limits::default()
        };
        let now = Timestamp(0);
        Self {
            connection: Connection::new(([127, 0, 0, 1], 1).into(), now),
            limits,
            now,
            read: ReadBuffer::new(4_096),
        }
    }

    fn websocket() -> Self {
        let mut bench = Self::http();
        bench.read.fill(HANDSHAKE);
        let event = bench
            .connection
            .next_event(&mut bench.read, &bench.limits, bench.now);
        let Some(Event::Request(request)) = event else {
            panic!("no request: {event:?}");
        };
        let upgrade = Upgrade::check(&request, &[]).unwrap();
        bench.connection.upgrade(&upgrade, bench.now);
        bench.flush();
        bench
    }

    fn feed(&mut self, bytes: &[u8]) {
        let Self {
            connection, limits, ..
        } = self;
        self.read.fill(bytes);
        while connection
            .next_event(&mut self.read, limits, self.now)
            .is_some()
        {}
    }

    fn flush(&mut self) -> Vec<u8> {
        let mut batch = Vec::new();
        self.connection.gather(&mut batch, usize::MAX);
        self.connection.sent(batch.len(), self.now);
        batch
    }

    fn queue(&mut self, bytes: usize) -> Delivery {
        let payload = vec![0; bytes];
        self.connection
            .queue_message(&[Part::Own(&payload)], &self.limits, self.now)
    }

    fn check(&mut self) -> Option<Expired> {
        self.connection.check_timers(self.now, &self.limits)
    }

    /// Checks the timers at `ms` and a nanosecond before.
    fn check_at(&mut self, ms: u64, expired: Expired) {
        self.now = Timestamp(ms * 1_000_000);
        assert_eq!(self.check(), None);
        self.now = Timestamp(ms * 1_000_000 + 1);
        assert_eq!(self.check(), Some(expired), "at {ms} ms");
    }

    fn at_ms(&mut self, ms: u64) -> &mut Self {
        self.now = Timestamp(ms * 1_000_000);
        self
    }
}

#[test]
fn a_request_must_come_in_time() {
    let mut silent = Bench::http();
    silent.check_at(1_000, Expired::Header);
    assert!(silent.flush().starts_with(b"HTTP/1.1 408 Request Timeout"));
    let mut slow = Bench::http();
    for ms in [300, 600, 900] {
        slow.at_ms(ms).feed(b"G");
    }
    slow.check_at(1_000, Expired::Header);
    // The client has its time to read the answer.
    assert_eq!(slow.at_ms(1_300).check(), None);
    assert_eq!(slow.at_ms(1_301).check(), Some(Expired::Close));
    assert!(slow.connection.is_finished());
}

#[test]
fn a_further_request_is_timed_from_its_first_byte() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut bench = Bench::http();
    bench.feed(request);
    // However long the answer takes.
    bench.at_ms(60_000);
    assert_eq!(bench.check(), None);
    bench.connection.respond(Response::new(204), bench.now);
    bench.flush();
    bench.at_ms(61_500).feed(b"GET");
    bench.check_at(62_500, Expired::Header);
    let mut quiet = Bench::http();
    quiet.feed(request);
    quiet.connection.respond(Response::new(204), quiet.now);
    quiet.flush();
    quiet.check_at(2_000, Expired::KeepAlive);
    assert!(quiet.connection.is_finished());
}

#[test]
fn an_answer_that_is_not_read_ends_the_connection() {
    let mut bench = Bench::http();
    bench.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    bench
        .connection
        .respond(Response::text(200, "ok"), bench.now);
    bench.limits.keep_alive_timeout_ms = 10_000;
    bench.check_at(4_000, Expired::SlowReader);
    assert!(bench.connection.is_finished());
}

#[test]
fn a_silent_client_is_pinged_once_and_then_closed() {
    let mut bench = Bench::websocket();
    bench.at_ms(5_001);
    for _ in 0..3 {
        assert_eq!(bench.check(), None);
    }
    assert_eq!(bench.flush(), b"\x89\x00");
    bench.check_at(8_000, Expired::Idle);
    let close = bench.flush();
    assert_eq!(close[2..4], CloseCode::IdleTimeout.code().to_be_bytes());
    assert_eq!(bench.at_ms(8_301).check(), Some(Expired::Close));
    assert!(bench.connection.is_finished());
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut bench = Bench::websocket();
    let mut pong = Vec::new();
    encode_masked(&mut pong, OpCode::Data(Data::Binary), [0; 4], b"");
    for (at, byte) in pong.iter().enumerate() {
        let ms = 6_000 * (at as u64 + 1);
        assert_eq!(bench.at_ms(ms).check(), None);
        assert_eq!(bench.flush(), b"\x89\x00", "a new silence has its own ping");
        bench.feed(&[*byte]);
    }
    bench.check_at(44_000, Expired::Idle);
}

#[test]
fn a_full_outbox_that_takes_nothing_is_closed() {
    let mut bench = Bench::websocket();
    // A queue that is not full may wait: the network may be away for a while.
    assert_eq!(bench.queue(4_000), Delivery::Queued);
    bench.connection.sent(1, bench.now);
    bench.limits.idle_timeout_ms = 60_000;
    bench.limits.ping_interval_ms = 60_000;
    bench.at_ms(5_000);
    assert_eq!(bench.check(), None);
    bench.connection.sent(1, bench.now);
    assert_eq!(bench.queue(4_000), Delivery::Queued);
    assert_eq!(bench.queue(4_000), Delivery::Overflow);
    assert_eq!(bench.queue(1), Delivery::Skipped);
    bench.check_at(9_000, Expired::SlowReader);
    let rest = bench.flush();
    assert_eq!(rest.len(), 4_004 - 2 + 4 + "reads too slowly".len());
}

#[test]
fn a_close_of_ours_waits_for_the_answer() {
    let mut bench = Bench::websocket();
    bench.queue(3);
    bench
        .connection
        .close(CloseCode::Kicked, "enough", bench.now);
    assert_eq!(bench.queue(3), Delivery::Skipped);
    assert_eq!(bench.flush(), b"\x82\x03\0\0\0\x88\x08\x0f\xa4enough");
    assert!(!bench.connection.is_finished());
    let mut answer = Vec::new();
    encode_masked(&mut answer, OpCode::Data(Data::Binary), [0; 4], b"late");
    answer.extend_from_slice(b"\x88\x82\0\0\0\0\x0f\xa4");
    bench.feed(&answer);
    assert!(bench.connection.is_finished());
    assert_eq!(bench.flush(), b"");
    let mut mute = Bench::websocket();
    mute.connection.close(CloseCode::RoomDisposed, "", mute.now);
    mute.check_at(300, Expired::Close);
    assert!(mute.connection.is_finished());
}

#[test]
fn the_end_of_input_is_the_end_of_a_websocket_but_not_of_an_answer() {
    let mut websocket = Bench::websocket();
    websocket.queue(3);
    for _ in 0..2 {
        websocket.connection.end_of_input(websocket.now);
        assert!(websocket.connection.is_finished());
    }
    let mut http = Bench::http();
    let request = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    http.feed(&request.repeat(2));
    http.connection.end_of_input(http.now);
    assert!(!http.connection.wants_bytes(&http.limits));
    for _ in 0..2 {
        assert!(!http.connection.is_finished());
        http.connection.respond(Response::text(200, "ok"), http.now);
        while http.connection.has_held_bytes()
            && http
                .connection
                .next_event(&mut http.read, &http.limits, http.now)
                .is_some()
        {}
    }
    let answers = String::from_utf8(http.flush()).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert!(http.connection.is_finished());
}

#[test]
fn answers_do_not_pile_up_for_a_client_that_does_not_read() {
    let mut bench = Bench::http();
    let request = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    bench.feed(&request.repeat(3));
    let answer = Response::text(200, vec![b'x'; 5_000]);
    bench.connection.respond(answer, bench.now);
    assert!(!bench.connection.wants_bytes(&bench.limits));
    bench.feed(b"");
    bench.flush();
    assert!(bench.connection.wants_bytes(&bench.limits));
    assert!(bench.connection.has_held_bytes());
    bench.feed(b"");
    bench.connection.respond(Response::new(204), bench.now);
    assert!(bench.flush().starts_with(b"HTTP/1.1 204 No Content\r\n"));
}

#[test]
fn a_late_answer_to_a_lost_connection_is_ignored() {
    let mut bench = Bench::http();
    bench.feed(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    bench
        .connection
        .close(CloseCode::ServerShutdown, "", bench.now);
    bench.connection.respond(Response::new(204), bench.now);
    assert_eq!(bench.flush(), b"");
}

#[test]
fn a_connection_is_small() {
    assert!(
        size_of::<Connection>() <= 300,
        "{}",
        size_of::<Connection>()
    );
    fn is_send<T: Send>() {}
    is_send::<Connection>();
}
