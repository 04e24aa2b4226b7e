//! Entries under a checksum.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::codec::Reader;
use super::recording::Damage;

/// Kind, number, length, checksum.
pub(super) const HEAD_BYTES: usize = 17;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Label = 1,
    Start = 2,
    Entries = 3,
    End = 4,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        let all = [Self::Label, Self::Start, Self::Entries, Self::End];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

/// The hash of a room, frozen.
pub(super) fn digest(frozen: &[u8]) -> u64 {
    xxh3_64(frozen)
}

pub(super) fn put_block(out: &mut Vec<u8>, kind: Kind, number: u32, bytes: &[u8]) {
    out.push(kind as u8);
    out.extend_from_slice(&number.to_le_bytes());
    let len = u32::try_from(bytes.len()).expect("a block is far below 4 GiB");
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum(kind as u8, number, bytes).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The blocks of a file, in their order, up to the first that is not whole.
#[derive(Clone, Debug)]
pub(super) struct Blocks<'a> {
    rest: &'a [u8],
    /// Where the next block begins in the file.
    at: usize,
    number: u32,
}

impl<'a> Blocks<'a> {
    pub(super) const fn new(rest: &'a [u8], at: usize) -> Self {
        Self {
            rest,
            at,
            number: 0,
        }
    }

    /// The next block; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Block<'a>>, Damage> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let block = self.read()?;
        let len = HEAD_BYTES + block.bytes.len();
        self.rest = self.rest.get(len..).unwrap_or_default();
        self.at += len;
        self.number += 1;
        Ok(Some(block))
    }

    fn read(&self) -> Result<Block<'a>, Damage> {
        let mut reader = Reader(self.rest);
        let damaged = Damage::Block {
            number: self.number,
            at_byte: self.at,
        };
        let Some((kind, number, len, sum)) = head(&mut reader) else {
            return Err(self.cut());
        };
        // A wrong length would make the rest of the file look cut off.
        let bytes = usize::try_from(len).ok().and_then(|len| reader.take(len));
        let Some(bytes) = bytes else {
            return Err(self.cut());
        };
        if number != self.number || checksum(kind, number, bytes) != sum {
            return Err(damaged);
        }
        let kind = Kind::from_byte(kind).ok_or(damaged)?;
        Ok(Block { kind, bytes })
    }

    const fn cut(&self) -> Damage {
        Damage::Cut {
            at_byte: self.at,
            left: self.rest.len(),
        }
    }
}

fn head(reader: &mut Reader<'_>) -> Option<(u8, u32, u32, u64)> {
    Some((reader.byte()?, reader.u32()?, reader.u32()?, reader.u64()?))
}

/// The kind and the number are under the checksum too: as its seed.
fn checksum(kind: u8, number: u32, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, u64::from(number) << 8 | u64::from(kind))
}
