//! tungstenite's own client speaks to our server, and our client side to tungstenite's server,
//! over pipes in memory.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use bytes::Bytes;
use downbeat_net::fuzzing::Driver;
use downbeat_net::ws::{Control, Data, Incoming, OpCode, Reader, Role, encode_masked};
use downbeat_net::{Part, ReadBuffer};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use tungstenite::protocol::frame::coding::CloseCode as WireCode;
use tungstenite::protocol::{CloseFrame, Role as TheirRole, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

const NOW: Timestamp = Timestamp(1);

/// The stream that tungstenite reads from and writes to.
#[derive(Default)]
struct Pipe {
    inbound: VecDeque<u8>,
    outbound: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inbound.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outbound.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// tungstenite as the client of our server.
struct Client {
    context: WebSocketContext,
    pipe: Pipe,
    server: Driver,
}

impl Client {
    fn new() -> Self {
        // Without a write buffer each write goes out at once.
        let config = WebSocketConfig::default().write_buffer_size(0);
        Self {
            context: WebSocketContext::new(TheirRole::Client, Some(config)),
            pipe: Pipe::default(),
            server: Driver::websocket(Limits::default()),
        }
    }

    fn write(&mut self, message: Message) {
        self.context.write(&mut self.pipe, message).unwrap();
        self.exchange();
    }

    /// Moves bytes in both directions.
    fn exchange(&mut self) {
        let sent = std::mem::take(&mut self.pipe.outbound);
        self.server.feed_cut(&sent, || 1_000);
        self.server.flush();
        self.pipe.inbound.extend(self.server.sent.drain(..));
    }

    fn read(&mut self) -> Result<Message, Error> {
        let message = self.context.read(&mut self.pipe);
        let _ = self.context.flush(&mut self.pipe);
        message
    }
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn their_client_sends_to_our_server() {
    let mut client = Client::new();
    let lengths = [0, 1, 125, 126, 65_535, 65_536];
    for len in lengths {
        client.write(Message::binary(payload(len)));
    }
    client.write(Message::text("gr\u{fc}n"));
    let expected = lengths.map(|len| format!("binary {}", payload(len).escape_ascii()));
    assert_eq!(client.server.events[..6], expected);
    assert_eq!(client.server.events[6], "text gr\u{fc}n");
    client.write(Message::Ping(Bytes::from_static(b"p")));
    let pong = client.read().unwrap();
    assert_eq!(pong, Message::Pong(Bytes::from_static(b"p")));
}

#[test]
fn our_server_sends_to_their_client() {
    let mut client = Client::new();
    for len in [0, 1, 121, 122, 65_531, 65_532, 200_000] {
        let body = Bytes::from(payload(len));
        let parts = [Part::Own(b"head"), Part::Shared(&body)];
        let limits = client.server.limits.clone();
        client.server.connection.queue_message(&parts, &limits, NOW);
        client.exchange();
        let expected = [b"head", &body[..]].concat();
        assert_eq!(client.read().unwrap(), Message::binary(expected));
    }
}

#[test]
fn either_side_may_close() {
    let frame = CloseFrame {
        code: WireCode::Library(4000),
        reason: "bye".into(),
    };
    let mut client = Client::new();
    client.write(Message::Close(Some(frame)));
    assert_eq!(client.server.events, ["closed Some(4000)"]);
    assert!(client.server.connection.is_finished());
    let Message::Close(Some(echo)) = client.read().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!(echo.code, WireCode::Library(4000));

    let mut client = Client::new();
    let connection = &mut client.server.connection;
    connection.close(CloseCode::Kicked, "enough", NOW);
    client.exchange();
    let Message::Close(Some(close)) = client.read().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!(close.code, WireCode::Library(4004));
    assert_eq!(close.reason.as_str(), "enough");
    client.exchange();
    assert!(client.server.connection.is_finished());
    assert!(client.server.events.is_empty());
}

#[test]
fn our_client_side_speaks_with_their_server() {
    let config = WebSocketConfig::default().write_buffer_size(0);
    let mut server = WebSocketContext::new(TheirRole::Server, Some(config));
    let mut pipe = Pipe::default();
    let mut sent = Vec::new();
    encode_masked(
        &mut sent,
        OpCode::Data(Data::Binary),
        [1, 2, 3, 4],
        &payload(300),
    );
    encode_masked(&mut sent, OpCode::Control(Control::Ping), [0; 4], b"p");
    pipe.inbound.extend(sent);
    let message = server.read(&mut pipe).unwrap();
    assert_eq!(message, Message::binary(payload(300)));
    let ping = server.read(&mut pipe).unwrap();
    assert_eq!(ping, Message::Ping(Bytes::from_static(b"p")));
    server.write(&mut pipe, Message::text("t")).unwrap();
    server
        .write(&mut pipe, Message::binary(payload(70_000)))
        .unwrap();
    server.close(&mut pipe, None).unwrap();
    server.flush(&mut pipe).unwrap();

    let mut reader = Reader::new(Role::Client);
    let mut read = ReadBuffer::new(4_096);
    let mut seen = Vec::new();
    for piece in pipe.outbound.chunks(4_096) {
        read.fill(piece);
        while let Some(incoming) = reader.next(&mut read, 1 << 20).unwrap() {
            seen.push(match incoming {
                Incoming::Pong(payload) => format!("pong {payload:?}"),
                Incoming::Text(text) => format!("text {text}"),
                Incoming::Binary(bytes) => format!("binary {}", bytes == payload(70_000)),
                other => format!("{other:?}"),
            });
        }
    }
    let close = "Close { code: None, reason: \"\" }";
    assert_eq!(seen, ["text t", "pong [112]", "binary true", close]);
}

#[test]
fn a_client_refuses_masked_frames() {
    let mut read = ReadBuffer::new(64);
    let mut masked = Vec::new();
    encode_masked(&mut masked, OpCode::Data(Data::Binary), [1; 4], b"x");
    read.fill(&masked);
    let mut reader = Reader::new(Role::Client);
    let violation = reader.next(&mut read, 64).unwrap_err();
    assert_eq!(violation.to_string(), "a frame of a server is masked");
    assert_eq!(reader.next(&mut read, 64), Ok(None));
    assert!(read.is_empty());
}
