//! Negative controls: a courier that hides what the numbers are for.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use downbeat_cluster::relay::wire::Frame;
use downbeat_cluster::relay::{FrameSeq, StrandId, Up, UpSeq};

/// What is done to packets on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// Nothing.
    Honest,
    /// Letters are numbered as they arrive: the owner cannot see that one is missing or came twice.
    NumbersLetters,
    /// Frames are numbered as they arrive: the edge cannot see that one is missing or came twice.
    NumbersFrames,
}

pub(crate) struct Courier {
    trick: Trick,
    entries: BTreeMap<StrandId, u64>,
    frames: BTreeMap<usize, u64>,
}

impl Courier {
    pub(crate) const fn new(trick: Trick) -> Self {
        Self {
            trick,
            entries: BTreeMap::new(),
            frames: BTreeMap::new(),
        }
    }

    pub(crate) fn letter(&mut self, bytes: Bytes) -> Bytes {
        if self.trick != Trick::NumbersLetters {
            return bytes;
        }
        let mut letter = Up::decode(&bytes).unwrap();
        let entries = self.entries.entry(letter.head.strand).or_default();
        letter.head.first = UpSeq(*entries + 1);
        *entries += letter.entries.len() as u64;
        letter.encode()
    }

    pub(crate) fn frame(&mut self, edge: usize, bytes: Bytes) -> Bytes {
        if self.trick != Trick::NumbersFrames {
            return bytes;
        }
        let frame = Frame::decode(&bytes).unwrap();
        let frames = self.frames.entry(edge).or_insert(frame.seq.0.max(1) - 1);
        *frames += u64::from(!frame.is_bare);
        renumbered(&bytes, &frame, FrameSeq(*frames))
    }
}

/// Magic, kind, version, flags, room.
const BEFORE_EPOCH: usize = 12;

fn renumbered(bytes: &Bytes, frame: &Frame, seq: FrameSeq) -> Bytes {
    let at = BEFORE_EPOCH + varint(frame.epoch.0).len();
    let mut out = BytesMut::from(&bytes[..at]);
    out.put_slice(&varint(seq.0));
    out.put_slice(&bytes[at + varint(frame.seq.0).len()..]);
    out.freeze()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}
