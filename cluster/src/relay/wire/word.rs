//! What the owner says to clients, inside a frame.

use super::super::RelayedId;
use super::WireError;
use super::read::Reader;
use super::write::{put_bytes, put_len, put_varint};

/// One word of a frame; borrows from the frame.
#[derive(Clone, Copy, Debug)]
pub enum Word<'a> {
    /// A message to one client or several.
    Send {
        /// Who gets it.
        to: Listeners<'a>,
        /// The message is the concatenation of these.
        parts: Pieces<'a>,
        /// It was said before, in a frame that may not have been heard: a client that has its
        /// Welcome does not get it again.
        repeated: bool,
    },
    /// The last word to a client.
    Close {
        /// Who.
        to: Listener,
        /// The WebSocket close code.
        code: u16,
        /// For people.
        reason: &'a str,
    },
}

/// A relayed client in a frame: its strand by its place in the frame's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The place of its strand.
    pub strand: u32,
    /// The client there.
    pub relayed: RelayedId,
}

/// Who gets a message.
#[derive(Clone, Copy, Debug)]
pub struct Listeners<'a>(Reader<'a>);

/// What a message is made of.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a>(Reader<'a>);

/// A piece of a message in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A chunk, by its place in the frame's list.
    Chunk(u32),
    /// Bytes for this message alone.
    Inline(&'a [u8]),
}

const SEND: u8 = 0;
const REPEAT: u8 = 1;
const CLOSE: u8 = 2;
/// The lowest bit of a piece: whether it is inline, and the number its length.
const INLINE: u64 = 1;

/// How many there are of what words name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) strands: usize,
    pub(crate) chunks: usize,
}

impl<'a> Word<'a> {
    /// Reads one, and everything in it.
    pub(crate) fn decode(reader: &mut Reader<'a>, listed: Listed) -> Result<Self, WireError> {
        match reader.byte()? {
            tag @ (SEND | REPEAT) => Ok(Self::Send {
                to: Listeners(span(reader, |reader| {
                    read_listener(reader, listed.strands).map(drop)
                })?),
                parts: Pieces(span(reader, |reader| {
                    read_piece(reader, listed.chunks).map(drop)
                })?),
                repeated: tag == REPEAT,
            }),
            CLOSE => {
                let to = read_listener(reader, listed.strands)?;
                let code = reader.u16()?;
                let len = reader.count()?;
                let reason = std::str::from_utf8(reader.bytes(len)?);
                let reason = reason.map_err(|_| WireError::NotText)?;
                Ok(Self::Close { to, code, reason })
            }
            tag => {
                let (of, tag) = ("a word", tag.into());
                Err(WireError::UnknownTag { of, tag })
            }
        }
    }
}

/// The bytes of a list, each element of which is read once to see that it is one.
fn span<'a>(
    reader: &mut Reader<'a>,
    mut skip: impl FnMut(&mut Reader<'a>) -> Result<(), WireError>,
) -> Result<Reader<'a>, WireError> {
    let count = reader.count()?;
    let start = *reader;
    for _ in 0..count {
        skip(reader)?;
    }
    let len = start.len() - reader.len();
    Ok(Reader::new(&start.rest()[..len]))
}

fn read_listener(reader: &mut Reader<'_>, strands: usize) -> Result<Listener, WireError> {
    let strand = reader.varint_u32()?;
    check("strand", strand.into(), strands)?;
    let relayed = reader.relayed()?;
    Ok(Listener { strand, relayed })
}

fn read_piece<'a>(reader: &mut Reader<'a>, chunks: usize) -> Result<Piece<'a>, WireError> {
    let number = reader.varint()?;
    let (is_inline, number) = (number & INLINE != 0, number >> 1);
    if is_inline {
        let len = usize::try_from(number).map_err(|_| WireError::OutOfRange(number))?;
        return reader.bytes(len).map(Piece::Inline);
    }
    check("chunk", number, chunks)?;
    let chunk = u32::try_from(number).map_err(|_| WireError::OutOfRange(number))?;
    Ok(Piece::Chunk(chunk))
}

fn check(what: &'static str, index: u64, len: usize) -> Result<(), WireError> {
    if index < len as u64 {
        return Ok(());
    }
    Err(WireError::NotListed { what, index, len })
}

impl Iterator for Listeners<'_> {
    type Item = Listener;

    fn next(&mut self) -> Option<Listener> {
        if self.0.is_empty() {
            return None;
        }
        // Read once before: it is all right.
        read_listener(&mut self.0, usize::MAX).ok()
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        read_piece(&mut self.0, usize::MAX).ok()
    }
}

/// Writes a message up to its pieces, which are to follow.
pub(crate) fn put_send(out: &mut Vec<u8>, to: &[Listener], pieces: usize, repeated: bool) {
    out.push(if repeated { REPEAT } else { SEND });
    put_len(out, to.len());
    for listener in to {
        put_listener(out, *listener);
    }
    put_len(out, pieces);
}

pub(crate) fn put_piece(out: &mut Vec<u8>, piece: Piece<'_>) {
    match piece {
        Piece::Chunk(chunk) => put_varint(out, u64::from(chunk) << 1),
        Piece::Inline(bytes) => {
            put_varint(out, (bytes.len() as u64) << 1 | INLINE);
            out.extend_from_slice(bytes);
        }
    }
}

pub(crate) fn put_close(out: &mut Vec<u8>, to: Listener, code: u16, reason: &str) {
    out.push(CLOSE);
    put_listener(out, to);
    out.extend_from_slice(&code.to_le_bytes());
    put_bytes(out, reason.as_bytes());
}

fn put_listener(out: &mut Vec<u8>, to: Listener) {
    put_varint(out, to.strand);
    put_varint(out, to.relayed.0);
}
