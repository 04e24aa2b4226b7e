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
    TurnedAway,
    #[error("the server does not stop talking to a client that left")]
    Talkative,
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
/// A server says little to a client that left.
const MESSAGES_MAX: u32 = 1_000;

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
            Self::Vanish => drop(Guest::join(address, room)?),
            Self::Close => {
                let mut guest = Guest::join(address, room)?;
                guest.say_close()?;
                guest.listen()?;
            }
            Self::Leave => {
                let mut fbb = FlatBufferBuilder::new();
                let leave = ClientMessage::Leave.encode(&mut fbb);
                let mut guest = Guest::join(address, room)?;
                guest.say(OpCode::Data(Data::Binary), leave)?;
                guest.listen()?;
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

/// A client in a room.
#[derive(Debug)]
struct Guest {
    stream: TcpStream,
    reader: Reader,
    read: ReadBuffer,
}

/// What the server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Message,
    Close,
    End,
}

impl Guest {
    /// Takes a seat, opens the WebSocket, and waits for the first message.
    fn join(address: SocketAddr, room: &str) -> Result<Self, VisitError> {
        let seat = reserve(address, room)?;
        let path = format!(
            "/{}/{}?sessionId={}",
            seat.process_id, seat.room_id, seat.session_id
        );
        let mut request = Vec::new();
        write_request(&mut request, &address.to_string(), &path, SUBPROTOCOL, KEY);
        let mut stream = connect(address)?;
        stream.write_all(&request)?;
        let mut guest = Self {
            read: read_handshake(&mut stream)?,
            stream,
            reader: Reader::new(Role::Client),
        };
        match guest.hear()? {
            Heard::Message => Ok(guest),
            Heard::Close | Heard::End => Err(VisitError::TurnedAway),
        }
    }

    fn say(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), VisitError> {
        let mut frame = Vec::new();
        encode_masked(&mut frame, opcode, MASK, payload);
        Ok(self.stream.write_all(&frame)?)
    }

    fn say_close(&mut self) -> Result<(), VisitError> {
        let payload = encode_close(CloseCode::Normal.code(), "");
        self.say(OpCode::Control(Control::Close), &payload)
    }

    /// Listens until the server has hung up, and answers its goodbye, as RFC 6455 wants it.
    fn listen(&mut self) -> Result<(), VisitError> {
        for _ in 0..MESSAGES_MAX {
            match self.hear()? {
                Heard::Message => {}
                // The answer to a goodbye of ours needs none; the server may be gone by then.
                Heard::Close => drop(self.say_close()),
                Heard::End => return Ok(()),
            }
        }
        Err(VisitError::Talkative)
    }

    fn hear(&mut self) -> Result<Heard, VisitError> {
        loop {
            match self.reader.next(&mut self.read, FRAME_BYTES_MAX)? {
                Some(Incoming::Close { .. }) => return Ok(Heard::Close),
                Some(_) => return Ok(Heard::Message),
                None => match self.stream.read(self.read.space())? {
                    0 => return Ok(Heard::End),
                    len => self.read.filled(len),
                },
            }
        }
    }
}

/// Reads the answer to the handshake; gives what came behind it.
fn read_handshake(stream: &mut TcpStream) -> Result<ReadBuffer, VisitError> {
    let mut received = Vec::new();
    let mut chunk = [0; READ_BYTES];
    loop {
        match stream.read(&mut chunk)? {
            0 => return Err(VisitError::TurnedAway),
            len => received.extend_from_slice(&chunk[..len]),
        }
        if let Some(head_bytes) = read_response(&received, KEY)? {
            let mut read = ReadBuffer::new(READ_BYTES);
            read.fill(&received[head_bytes..]);
            return Ok(read);
        }
    }
}
