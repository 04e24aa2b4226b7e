//! The message from the owner to all edges of a room.

use bytes::Bytes;
use downbeat_schemas::id::{Epoch, RoomId};

use super::super::{FrameSeq, Round, StrandId, UpSeq};
use super::read::Reader;
use super::word::{Listed, Word};
use super::{KIND_FRAME, WireError, read_start};

/// A frame as it was read: notes for strands, and words for their clients.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The room.
    pub room: RoomId,
    /// The owner that says it.
    pub epoch: Epoch,
    /// Its number; of a bare frame, that of the last frame that was not bare.
    pub seq: FrameSeq,
    /// It has notes only and no number of its own: nothing is missed with it.
    pub is_bare: bool,
    strands: Vec<StrandId>,
    notes: Vec<(u32, Note)>,
    chunks: Vec<Bytes>,
    words: Bytes,
}

/// What the owner tells one strand. In force as soon as it is read, in whatever order frames come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Every entry up to here was applied.
    pub ack: UpSeq,
    /// A letter before the last one is missing.
    pub is_behind: bool,
    /// Where to begin.
    pub begin: Option<Begin>,
    /// The owner does not know this strand, or not any more: its clients have lost their seats.
    pub is_gone: bool,
}

/// Where a strand begins in the line of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    /// A higher one is a newer word.
    pub round: Round,
    /// The first frame that counts.
    pub first: FrameSeq,
}

/// Bits of a frame's flags.
pub(super) const IS_BARE: u8 = 1;
/// Bits of a note's flags.
pub(super) const IS_BEHIND: u8 = 1;
pub(super) const HAS_BEGIN: u8 = 2;
pub(super) const IS_GONE: u8 = 4;

impl Frame {
    /// Reads a frame and checks all of it; chunks stay where they are.
    ///
    /// # Errors
    /// [`WireError`] says where the bytes leave the wire.
    pub fn decode(bytes: &Bytes) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        read_start(&mut reader, KIND_FRAME)?;
        let is_bare = read_flags(&mut reader, "a frame", IS_BARE)? & IS_BARE != 0;
        let room = RoomId(reader.u64()?);
        let epoch = Epoch(reader.varint()?);
        let seq = FrameSeq(reader.place_in_line()?);
        let strands = read_strands(&mut reader)?;
        let notes = read_notes(&mut reader, strands.len())?;
        let lens = read_lens(&mut reader)?;
        let words_len = reader.count()?;
        let words = bytes.slice_ref(reader.bytes(words_len)?);
        let chunks = lens.into_iter().map(|len| {
            let chunk = reader.bytes(len)?;
            Ok(bytes.slice_ref(chunk))
        });
        let chunks = chunks.collect::<Result<_, WireError>>()?;
        reader.end()?;
        let frame = Self {
            room,
            epoch,
            seq,
            is_bare,
            strands,
            notes,
            chunks,
            words,
        };
        frame.check()?;
        Ok(frame)
    }

    /// A bare frame says nothing; another counts from 1, and each of its words is one.
    fn check(&self) -> Result<(), WireError> {
        if self.is_bare && !self.words.is_empty() {
            return Err(WireError::TooLong(self.words.len()));
        }
        if !self.is_bare && self.seq.0 == 0 {
            return Err(WireError::OutOfRange(0));
        }
        let (mut reader, listed) = (Reader::new(&self.words), self.listed());
        while !reader.is_empty() {
            Word::decode(&mut reader, listed)?;
        }
        Ok(())
    }

    /// The strands that it is about.
    pub fn strands(&self) -> &[StrandId] {
        &self.strands
    }

    /// The place of a strand in the list, by which words name it.
    pub fn place(&self, strand: StrandId) -> Option<u32> {
        let place = self.strands.iter().position(|listed| *listed == strand);
        place.map(|place| place as u32)
    }

    /// What it tells the strand at this place.
    pub fn note(&self, place: u32) -> Option<Note> {
        let note = self.notes.iter().find(|(strand, _)| *strand == place);
        note.map(|(_, note)| *note)
    }

    /// The chunks of its messages, by their places.
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// What it says, in order.
    pub fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let (mut reader, listed) = (Reader::new(&self.words), self.listed());
        std::iter::from_fn(move || {
            if reader.is_empty() {
                return None;
            }
            // Read once before: it is all right.
            Word::decode(&mut reader, listed).ok()
        })
    }

    /// Bytes that it keeps in memory.
    pub(crate) fn len(&self) -> usize {
        let chunks = self.chunks.iter().map(Bytes::len).sum::<usize>();
        self.words.len() + chunks
    }

    const fn listed(&self) -> Listed {
        Listed {
            strands: self.strands.len(),
            chunks: self.chunks.len(),
        }
    }
}

fn read_flags(reader: &mut Reader<'_>, of: &'static str, known: u8) -> Result<u8, WireError> {
    let flags = reader.byte()?;
    if flags & !known != 0 {
        let tag = flags.into();
        return Err(WireError::UnknownTag { of, tag });
    }
    Ok(flags)
}

fn read_strands(reader: &mut Reader<'_>) -> Result<Vec<StrandId>, WireError> {
    let count = reader.count()?;
    let mut strands = Vec::new();
    for _ in 0..count {
        strands.push(reader.strand()?);
    }
    Ok(strands)
}

fn read_notes(reader: &mut Reader<'_>, strands: usize) -> Result<Vec<(u32, Note)>, WireError> {
    let count = reader.count()?;
    let mut notes = Vec::new();
    for _ in 0..count {
        let place = reader.varint_u32()?;
        if place as usize >= strands {
            let (what, index, len) = ("strand", place.into(), strands);
            return Err(WireError::NotListed { what, index, len });
        }
        notes.push((place, read_note(reader)?));
    }
    Ok(notes)
}

fn read_note(reader: &mut Reader<'_>) -> Result<Note, WireError> {
    let flags = read_flags(reader, "a note", IS_BEHIND | HAS_BEGIN | IS_GONE)?;
    let ack = UpSeq(reader.place_in_line()?);
    let begin = if flags & HAS_BEGIN != 0 {
        Some(read_begin(reader)?)
    } else {
        None
    };
    Ok(Note {
        ack,
        is_behind: flags & IS_BEHIND != 0,
        begin,
        is_gone: flags & IS_GONE != 0,
    })
}

fn read_begin(reader: &mut Reader<'_>) -> Result<Begin, WireError> {
    let round = Round(reader.varint_u32()?);
    let first = FrameSeq(reader.place_in_line()?);
    if round.0 == 0 || first.0 == 0 {
        return Err(WireError::OutOfRange(0));
    }
    Ok(Begin { round, first })
}

fn read_lens(reader: &mut Reader<'_>) -> Result<Vec<usize>, WireError> {
    let count = reader.count()?;
    let mut lens = Vec::new();
    for _ in 0..count {
        let len = reader.varint()?;
        // More than is left of the frame will be found out when they are cut.
        lens.push(usize::try_from(len).map_err(|_| WireError::OutOfRange(len))?);
    }
    Ok(lens)
}
