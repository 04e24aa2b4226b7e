//! A WebSocket client, frame by frame.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use downbeat_net::ReadBuffer;
use downbeat_net::ws::{self, Control, Data, Incoming, OpCode, Reader, Role};
use downbeat_schemas::SUBPROTOCOL;

use crate::http::receive;
use crate::patience::PATIENCE;

/// The key of each handshake: nothing depends on it.
const KEY: [u8; 16] = *b"the sample nonce";
/// The largest message that a server may send: far above its own limits.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: TcpStream,
    reader: Reader,
    read: ReadBuffer,
    sent: u32,
}

/// What the server sent: whole messages and control frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A binary message.
    Binary(Vec<u8>),
    /// A text message, which this wire does not have.
    Text(String),
    /// To be answered with the same payload.
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The server ends the connection.
    Close {
        /// Its code.
        code: Option<u16>,
        /// Its words.
        reason: String,
    },
    /// The socket ended.
    End,
}

impl WebSocket {
    /// Connects and shakes hands.
    pub fn open(address: SocketAddr, path: &str) -> Self {
        Self::open_with(address, path, &[])
    }

    /// Connects, and sends bytes right behind the request, before any answer.
    pub fn open_with(address: SocketAddr, path: &str, behind: &[u8]) -> Self {
        Self::over(TcpStream::connect(address).unwrap(), path, behind)
    }

    /// Shakes hands over a connection.
    ///
    /// # Panics
    /// If the server does not agree to the WebSocket and its subprotocol.
    pub fn over(mut stream: TcpStream, path: &str, behind: &[u8]) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut bytes = upgrade_request(path);
        bytes.extend_from_slice(behind);
        stream.write_all(&bytes).unwrap();
        let mut response = Vec::new();
        let head_len = loop {
            if let Some(len) = ws::read_response(&response, KEY).unwrap() {
                break len;
            }
            let mut bytes = [0; 4 << 10];
            let len = receive(&mut stream, &mut bytes).unwrap();
            assert!(len > 0, "the server hung up: {}", response.escape_ascii());
            response.extend_from_slice(&bytes[..len]);
        };
        let head = String::from_utf8_lossy(&response[..head_len]).to_lowercase();
        let subprotocol = format!("sec-websocket-protocol: {SUBPROTOCOL}\r\n");
        assert!(head.contains(&subprotocol), "{head}");
        let mut read = ReadBuffer::new(64 << 10);
        read.fill(&response[head_len..]);
        Self {
            stream,
            reader: Reader::new(Role::Client),
            read,
            sent: 0,
        }
    }

    /// Sends one binary message in one frame.
    pub fn send(&mut self, payload: &[u8]) {
        self.send_frame(OpCode::Data(Data::Binary), payload);
    }

    /// Sends one frame.
    pub fn send_frame(&mut self, opcode: OpCode, payload: &[u8]) {
        self.sent = self.sent.wrapping_add(1);
        let bytes = frame(opcode, self.sent.wrapping_mul(0x9e37_79b9), payload);
        self.send_bytes(&bytes);
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the connection is broken.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Begins to close, as a client does that knows what it wants.
    pub fn close(&mut self, code: u16) {
        let payload = ws::encode_close(code, "");
        self.send_frame(OpCode::Control(Control::Close), &payload);
    }

    /// Drops the connection without a word.
    ///
    /// # Panics
    /// If it is dropped already.
    pub fn drop_connection(&mut self) {
        self.stream.shutdown(Shutdown::Both).unwrap();
    }

    /// The next frame.
    ///
    /// # Panics
    /// If none comes, or the server breaks RFC 6455.
    pub fn next_frame(&mut self) -> Frame {
        loop {
            let next = self.reader.next(&mut self.read, MESSAGE_BYTES_MAX);
            if let Some(incoming) = next.unwrap() {
                return incoming.into();
            }
            match receive(&mut self.stream, self.read.space()) {
                Ok(0) => return Frame::End,
                Ok(len) => self.read.filled(len),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Frame::End,
                Err(error) => panic!("no frame came: {error}"),
            }
        }
    }

    /// Reads on to the close frame, answers it, and reads to the end of the socket.
    ///
    /// # Panics
    /// If the socket ends without a close frame, or anything follows it.
    pub fn read_to_close(&mut self) -> (u16, String) {
        let (code, reason) = loop {
            match self.next_frame() {
                Frame::Close { code, reason } => break (code.unwrap_or(1005), reason),
                Frame::End => panic!("the socket ended without a close frame"),
                _ => {}
            }
        };
        // The server may have gone already.
        let close = frame(OpCode::Control(Control::Close), 1, &code.to_be_bytes());
        let _ = self.stream.write_all(&close);
        assert_eq!(self.next_frame(), Frame::End);
        (code, reason)
    }
}

/// The request that opens a WebSocket.
pub fn upgrade_request(path: &str) -> Vec<u8> {
    let mut request = Vec::new();
    ws::write_request(&mut request, "localhost", path, SUBPROTOCOL, KEY);
    request
}

/// A client's frame as bytes.
pub fn frame(opcode: OpCode, mask: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    ws::encode_masked(&mut bytes, opcode, mask.to_be_bytes(), payload);
    bytes
}

/// A binary message of a client as bytes.
pub fn binary_frame(payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Data(Data::Binary), 0x1234_5678, payload)
}

impl From<Incoming<'_>> for Frame {
    fn from(incoming: Incoming<'_>) -> Self {
        match incoming {
            Incoming::Binary(payload) => Self::Binary(payload.to_vec()),
            Incoming::Text(text) => Self::Text(text.to_owned()),
            Incoming::Ping(payload) => Self::Ping(payload.to_vec()),
            Incoming::Pong(payload) => Self::Pong(payload.to_vec()),
            Incoming::Close { code, reason } => Self::Close {
                code,
                reason: reason.to_owned(),
            },
        }
    }
}
