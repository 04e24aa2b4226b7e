//! A client that expects nothing: its server may be killed, stopped or frozen at any moment.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use downbeat_net::ReadBuffer;
use downbeat_net::ws::{self, Control, Data, Incoming, OpCode, Reader, Role};

use crate::http;
use crate::seat::Seat;
use crate::websocket::{frame, upgrade_request};

const KEY: [u8; 16] = *b"the sample nonce";
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// A node answers a request within this, or says that it cannot.
const ANSWER_MAX: Duration = Duration::from_secs(8);
const MESSAGE_BYTES_MAX: u64 = 64 << 20;

/// The answer to a request: its status and its body as JSON.
pub type Answered = (u16, serde_json::Value);

/// Asks for something over a connection of its own.
///
/// # Errors
/// If there is no answer.
pub fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> io::Result<Answered> {
    let mut stream = connect(address)?;
    let headers = [
        ("Content-Type", "application/json"),
        ("Connection", "close"),
    ];
    stream.write_all(http::request(method, path, &headers, body).as_bytes())?;
    let (mut response, until) = (Vec::new(), Instant::now() + ANSWER_MAX);
    loop {
        if let Some(answered) = parse(&response) {
            return Ok(answered);
        }
        read_some(&mut stream, until, &mut response)?;
    }
}

/// Asks for a seat. The error inside is the code of a refusal.
///
/// # Errors
/// If there is no answer.
pub fn seat(
    address: SocketAddr,
    method: &str,
    target: &str,
    options: &str,
) -> io::Result<Result<Seat, u16>> {
    let path = format!("/matchmake/{method}/{target}");
    let (status, body) = ask(address, "POST", &path, options)?;
    match serde_json::from_value(body) {
        Ok(seat) if status == 200 => Ok(Ok(seat)),
        _ => Ok(Err(status)),
    }
}

fn parse(response: &[u8]) -> Option<Answered> {
    let text = std::str::from_utf8(response).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let len: usize = lengths.next()?.1.parse().ok()?;
    (body.len() >= len).then(|| (status, serde_json::from_str(body).unwrap_or_default()))
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    reader: Reader,
    read: ReadBuffer,
    sent: u32,
}

/// What came.
#[derive(Debug)]
pub enum Came {
    /// A message.
    Message(Vec<u8>),
    /// The end, with its code and words.
    Close(u16, String),
}

impl Wire {
    /// Connects, and shakes hands.
    ///
    /// # Errors
    /// [`Dead::Unsent`] if nobody has heard of it.
    pub fn open(address: SocketAddr, path: &str) -> Result<Self, Dead> {
        let mut stream = connect(address).map_err(|_| Dead::Unsent)?;
        stream.write_all(&upgrade_request(path))?;
        let (mut response, until) = (Vec::new(), Instant::now() + ANSWER_MAX);
        let head_len = loop {
            let head = ws::read_response(&response, KEY);
            if let Some(len) = head.map_err(io::Error::other)? {
                break len;
            }
            read_some(&mut stream, until, &mut response)?;
        };
        let mut read = ReadBuffer::new(64 << 10);
        read.fill(&response[head_len..]);
        Ok(Self {
            stream,
            reader: Reader::new(Role::Client),
            read,
            sent: 0,
        })
    }

    /// What comes next; none if nothing does by then. Pings are answered.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn next(&mut self, until: Instant) -> Result<Option<Came>, Dead> {
        loop {
            let next = self.reader.next(&mut self.read, MESSAGE_BYTES_MAX);
            let ping = match next.map_err(|error| io::Error::other(format!("{error:?}")))? {
                Some(Incoming::Binary(payload)) => {
                    return Ok(Some(Came::Message(payload.to_vec())));
                }
                Some(Incoming::Close { code, reason }) => {
                    let code = code.unwrap_or(1005);
                    return Ok(Some(Came::Close(code, reason.to_owned())));
                }
                Some(Incoming::Ping(payload)) => Some(payload.to_vec()),
                Some(Incoming::Text(_) | Incoming::Pong(_)) => continue,
                None => None,
            };
            if let Some(payload) = ping {
                self.send_frame(OpCode::Control(Control::Pong), &payload)?;
            } else if !self.receive(until)? {
                return Ok(None);
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(&mut self, payload: &[u8]) -> Result<(), Dead> {
        self.send_frame(OpCode::Data(Data::Binary), payload)
    }

    /// Says goodbye.
    pub fn close(mut self) {
        let payload = ws::encode_close(1000, "");
        // It may be gone already.
        let _ = self.send_frame(OpCode::Control(Control::Close), &payload);
    }

    fn send_frame(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), Dead> {
        self.sent = self.sent.wrapping_add(1);
        let mask = self.sent.wrapping_mul(0x9e37_79b9);
        Ok(self.stream.write_all(&frame(opcode, mask, payload))?)
    }

    /// False if nothing came by then.
    fn receive(&mut self, until: Instant) -> Result<bool, Dead> {
        let Some(rest) = left(until) else {
            return Ok(false);
        };
        self.stream.set_read_timeout(Some(rest))?;
        match self.stream.read(self.read.space()) {
            Ok(0) => Err(Dead::Broken),
            Ok(len) => {
                self.read.filled(len);
                Ok(true)
            }
            Err(error) if is_pause(&error) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// Why a connection is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dead {
    /// There was none.
    Unsent,
    /// It broke.
    Broken,
}

impl From<io::Error> for Dead {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_MAX)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    Ok(stream)
}

fn read_some(stream: &mut TcpStream, until: Instant, to: &mut Vec<u8>) -> io::Result<()> {
    let rest = left(until).ok_or(ErrorKind::TimedOut)?;
    stream.set_read_timeout(Some(rest))?;
    let mut bytes = [0; 16 << 10];
    match stream.read(&mut bytes) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(len) => {
            to.extend_from_slice(&bytes[..len]);
            Ok(())
        }
        Err(error) if is_pause(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn left(until: Instant) -> Option<Duration> {
    let rest = until.saturating_duration_since(Instant::now());
    (!rest.is_zero()).then_some(rest)
}

fn is_pause(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
