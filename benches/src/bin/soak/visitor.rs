//! A client that comes and goes, in one of the ways that clients do.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use downbeat_benches::http::{HttpError, Request, connect, fetch};
use downbeat_net::ReadBuffer;
use downbeat_net::ws::{
    ClientHandshakeError, Control, Data, Incoming, OpCode, Reader, Role, Violation, encode_close,
    encode_masked, read_response, write_request,
};
use downbeat_schemas::SUBPROTOCOL;
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use flatbuffers::FlatBufferBuilder;
use serde::Deserialize;

/// How a visit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Asks for a page.
    Page,
    /// Sends half a request and hangs up.
    HalfRequest,
    /// Takes a seat and never comes.
    NoShow,
    /// Joins and leaves with a close frame.
    Close,
    /// Joins and leaves with a message.
    Leave,
    /// Joins and is gone without a word.
    Vanish,
}

/// Why a visit did not go as planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the socket: {0}")]
    Io(#[from] io::Error),
    #[error("the answer of the matchmaking: {0}")]
    Seat(#[from] serde_json::Error),
    #[error("the handshake: {0}")]
    Handshake(#[from] ClientHandshakeError),
    #[error("a frame: {0}")]
    Frame(#[from] Violation),
    #[error("the server hung up before it said anything")]
    Silent,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seat {
    session_id: String,
    room_id: String,
    process_id: String,
}

/// Anything goes: it only has to come back.
const KEY: [u8; 16] = *b"downbeat's soak.";
const MASK: [u8; 4] = [7, 5, 3, 2];
const FRAME_BYTES_MAX: u64 = 1 << 20;
const READ_BYTES: usize = 16 << 10;

impl Visit {
    /// The way of the visit of this number: mostly joins, now and then what else happens.
    pub(crate) const fn of(number: u64) -> Self {
        match number % 50 {
            7 => Self::NoShow,
            17 | 27 => Self::HalfRequest,
            n if n % 5 == 0 => Self::Page,
            n if n % 3 == 0 => Self::Vanish,
            n if n % 3 == 1 => Self::Close,
            _ => Self::Leave,
        }
    }

    /// Comes and goes.
    pub(crate) fn pay(self, address: SocketAddr, room: &str) -> Result<(), VisitError> {
        match self {
            Self::Page => drop(fetch(address, "/rooms", Request::Get)?),
            Self::HalfRequest => connect(address)?.write_all(b"POST /matchmake/joinOr")?,
            Self::NoShow => drop(reserve(address, room)?),
            Self::Vanish => drop(join(address, room)?),
            Self::Close => {
                let payload = encode_close(CloseCode::Normal.code(), "");
                let close = OpCode::Control(Control::Close);
                say_goodbye(join(address, room)?, close, &payload)?;
            }
            Self::Leave => {
                let mut fbb = FlatBufferBuilder::new();
                let leave = ClientMessage::Leave.encode(&mut fbb);
                let binary = OpCode::Data(Data::Binary);
                say_goodbye(join(address, room)?, binary, leave)?;
            }
        }
        Ok(())
    }
}

fn reserve(address: SocketAddr, room: &str) -> Result<Seat, VisitError> {
    let path = format!("/matchmake/joinOrCreate/{room}");
    let body = fetch(address, &path, Request::Post("{}"))?;
    Ok(serde_json::from_str(&body)?)
}

/// Takes a seat, opens the WebSocket, and waits for the Welcome.
fn join(address: SocketAddr, room: &str) -> Result<TcpStream, VisitError> {
    let Seat {
        session_id,
        room_id,
        process_id,
    } = reserve(address, room)?;
    let path = format!("/{process_id}/{room_id}?sessionId={session_id}");
    let mut request = Vec::new();
    write_request(&mut request, &address.to_string(), &path, SUBPROTOCOL, KEY);
    let mut stream = connect(address)?;
    stream.write_all(&request)?;
    let mut received = Vec::new();
    let head_bytes = loop {
        if let Some(head_bytes) = read_response(&received, KEY)? {
            break head_bytes;
        }
        read_some(&mut stream, &mut received)?;
    };
    received.drain(..head_bytes);
    while !holds_message(&received)? {
        read_some(&mut stream, &mut received)?;
    }
    Ok(stream)
}

fn holds_message(received: &[u8]) -> Result<bool, VisitError> {
    if received.is_empty() {
        return Ok(false);
    }
    let mut read = ReadBuffer::new(received.len());
    read.fill(received);
    let message = Reader::new(Role::Client).next(&mut read, FRAME_BYTES_MAX)?;
    Ok(matches!(message, Some(Incoming::Binary(_))))
}

fn read_some(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<(), VisitError> {
    let mut chunk = [0; READ_BYTES];
    match stream.read(&mut chunk)? {
        0 => Err(VisitError::Silent),
        len => {
            received.extend_from_slice(&chunk[..len]);
            Ok(())
        }
    }
}

/// Says so and listens until the server has hung up.
fn say_goodbye(mut stream: TcpStream, opcode: OpCode, payload: &[u8]) -> Result<(), VisitError> {
    let mut frame = Vec::new();
    encode_masked(&mut frame, opcode, MASK, payload);
    stream.write_all(&frame)?;
    // What is still under way does not matter, but it is bounded: so is a patch.
    io::copy(&mut stream.take(FRAME_BYTES_MAX), &mut io::sink())?;
    Ok(())
}
