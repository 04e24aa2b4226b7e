//! The message from an edge to the owner.

use bytes::Bytes;
use downbeat_schemas::id::{Epoch, RoomId};

use super::super::{FrameSeq, Round, StrandId, UpSeq};
use super::read::Reader;
use super::write::{put_len, put_start, put_strand, put_varint};
use super::{Entry, KIND_UP, WireError, read_start};

/// A letter to the inbox of a room's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Up {
    /// Who to whom, and how far it heard.
    pub head: UpHead,
    /// What happened at the edge, in order.
    pub entries: Vec<Entry>,
}

/// A letter without its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpHead {
    /// The room.
    pub room: RoomId,
    /// The owner that it is for: another one drops it.
    pub epoch: Epoch,
    /// The sender.
    pub strand: StrandId,
    /// The last word on where to begin that reached the sender; 0 before the first.
    pub round: Round,
    /// Every frame up to here was heard.
    pub heard: FrameSeq,
    /// Frames behind `heard`, up to this one, are missed: please publish them again.
    pub wants: Option<FrameSeq>,
    /// The number of the first entry, or of the next one if there is none here.
    pub first: UpSeq,
}

impl Up {
    /// As bytes to publish.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.head.encode(&mut out, self.entries.len());
        for entry in &self.entries {
            entry.encode(&mut out);
        }
        out.into()
    }

    /// Reads a letter; messages of clients stay where they are.
    ///
    /// # Errors
    /// [`WireError`] says where the bytes leave the wire.
    pub fn decode(bytes: &Bytes) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let (head, count) = UpHead::decode(&mut reader)?;
        // Not with_capacity: an entry in memory is larger than the bytes that claim it.
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(Entry::decode(&mut reader, bytes)?);
        }
        reader.end()?;
        Ok(Self { head, entries })
    }
}

impl UpHead {
    /// Writes all that comes before the entries.
    pub(crate) fn encode(&self, out: &mut Vec<u8>, entries: usize) {
        put_start(out, KIND_UP);
        out.extend_from_slice(&self.room.0.to_le_bytes());
        put_varint(out, self.epoch.0);
        put_strand(out, self.strand);
        put_varint(out, self.round.0);
        put_varint(out, self.heard.0);
        put_varint(out, self.wants.map_or(0, |through| through.0));
        put_varint(out, self.first.0);
        put_len(out, entries);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<(Self, usize), WireError> {
        read_start(reader, KIND_UP)?;
        let head = Self {
            room: RoomId(reader.u64()?),
            epoch: Epoch(reader.varint()?),
            strand: reader.strand()?,
            round: Round(reader.varint_u32()?),
            heard: FrameSeq(reader.place_in_line()?),
            wants: Some(FrameSeq(reader.place_in_line()?)).filter(|through| through.0 > 0),
            first: UpSeq(reader.place_in_line()?),
        };
        if head.first.0 == 0 {
            return Err(WireError::OutOfRange(0));
        }
        Ok((head, reader.count()?))
    }
}
