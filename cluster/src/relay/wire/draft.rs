//! A frame while it is being written.

use std::collections::BTreeMap;

use bytes::Bytes;
use downbeat_schemas::id::{Epoch, RoomId};
use downbeat_schemas::part::Part;

use super::super::{FrameSeq, RelayedId, StrandId};
use super::KIND_FRAME;
use super::frame::{HAS_BEGIN, IS_BARE, IS_BEHIND, IS_GONE, Note};
use super::word::{Listener, Piece, put_close, put_piece, put_send};
use super::write::{put_len, put_start, put_strand, put_varint};

/// Words so far. Its memory serves frame after frame.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    strands: Vec<StrandId>,
    places: BTreeMap<StrandId, u32>,
    chunks: Vec<Bytes>,
    /// Where a chunk is, by address and length: the draft holds it, so the address stays its own.
    chunk_places: BTreeMap<(usize, usize), u32>,
    chunk_bytes: usize,
    words: Vec<u8>,
    /// The last word, as long as it may get more listeners.
    open: OpenWord,
    notes: Vec<(u32, Note)>,
}

/// A message of shared chunks alone: the same to all its listeners.
#[derive(Debug, Default)]
struct OpenWord {
    to: Vec<Listener>,
    chunks: Vec<u32>,
    next_chunks: Vec<u32>,
}

/// What a frame is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Title {
    pub(crate) room: RoomId,
    pub(crate) epoch: Epoch,
    pub(crate) seq: FrameSeq,
}

impl Draft {
    /// Whether there is no word in it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.words.is_empty() && self.open.to.is_empty()
    }

    /// Bytes so far, about.
    pub(crate) const fn len(&self) -> usize {
        self.words.len() + self.chunk_bytes + size_of::<Listener>() * self.open.to.len()
    }

    /// Writes a message to one client, at the end of the last word if that says the same.
    pub(crate) fn send(&mut self, strand: StrandId, relayed: RelayedId, parts: &[Part<'_>]) {
        let strand = self.place(strand);
        let to = Listener { strand, relayed };
        if parts.iter().all(|part| matches!(part, Part::Shared(_))) {
            self.send_shared(to, parts);
        } else {
            self.send_own(to, parts);
        }
    }

    fn send_shared(&mut self, to: Listener, parts: &[Part<'_>]) {
        let mut chunks = std::mem::take(&mut self.open.next_chunks);
        chunks.clear();
        for part in parts {
            if let Part::Shared(bytes) = part {
                chunks.push(self.chunk(bytes));
            }
        }
        if self.open.to.is_empty() || chunks != self.open.chunks {
            self.finish_open_word();
            std::mem::swap(&mut self.open.chunks, &mut chunks);
        }
        self.open.next_chunks = chunks;
        self.open.to.push(to);
    }

    fn send_own(&mut self, to: Listener, parts: &[Part<'_>]) {
        self.finish_open_word();
        put_send(&mut self.words, &[to], parts.len(), false);
        for part in parts {
            let piece = match part {
                Part::Own(bytes) => Piece::Inline(bytes),
                Part::Shared(bytes) => Piece::Chunk(self.chunk(bytes)),
            };
            put_piece(&mut self.words, piece);
        }
    }

    /// Writes a message again that may not have been heard.
    pub(crate) fn repeat(&mut self, strand: StrandId, relayed: RelayedId, message: &[u8]) {
        self.finish_open_word();
        let strand = self.place(strand);
        let to = [Listener { strand, relayed }];
        put_send(&mut self.words, &to, 1, true);
        put_piece(&mut self.words, Piece::Inline(message));
    }

    /// Writes the last word to a client.
    pub(crate) fn close(&mut self, strand: StrandId, relayed: RelayedId, code: u16, reason: &str) {
        self.finish_open_word();
        let strand = self.place(strand);
        put_close(&mut self.words, Listener { strand, relayed }, code, reason);
    }

    /// Writes what the owner tells a strand.
    pub(crate) fn note(&mut self, strand: StrandId, note: Note) {
        let place = self.place(strand);
        self.notes.push((place, note));
    }

    /// The frame, and an empty draft for the next one.
    pub(crate) fn seal(&mut self, title: Title) -> Bytes {
        self.finish_open_word();
        let mut out = Vec::with_capacity(self.words.len() + self.chunk_bytes + self.head_len());
        put_start(&mut out, KIND_FRAME);
        out.push(if self.is_empty() { IS_BARE } else { 0 });
        out.extend_from_slice(&title.room.0.to_le_bytes());
        put_varint(&mut out, title.epoch.0);
        put_varint(&mut out, title.seq.0);
        self.put_lists(&mut out);
        put_len(&mut out, self.words.len());
        out.extend_from_slice(&self.words);
        for chunk in &self.chunks {
            out.extend_from_slice(chunk);
        }
        self.clear();
        out.into()
    }

    /// A bound of what comes before the words.
    const fn head_len(&self) -> usize {
        48 + 16 * self.strands.len() + 32 * self.notes.len() + 5 * self.chunks.len()
    }

    fn put_lists(&self, out: &mut Vec<u8>) {
        put_len(out, self.strands.len());
        for strand in &self.strands {
            put_strand(out, *strand);
        }
        put_len(out, self.notes.len());
        for (place, note) in &self.notes {
            put_note(out, *place, note);
        }
        put_len(out, self.chunks.len());
        for chunk in &self.chunks {
            put_len(out, chunk.len());
        }
    }

    fn clear(&mut self) {
        self.strands.clear();
        self.places.clear();
        self.chunks.clear();
        self.chunk_places.clear();
        self.chunk_bytes = 0;
        self.words.clear();
        self.notes.clear();
    }

    fn place(&mut self, strand: StrandId) -> u32 {
        *self.places.entry(strand).or_insert_with(|| {
            self.strands.push(strand);
            self.strands.len() as u32 - 1
        })
    }

    fn chunk(&mut self, bytes: &Bytes) -> u32 {
        let key = (bytes.as_ptr().addr(), bytes.len());
        *self.chunk_places.entry(key).or_insert_with(|| {
            self.chunks.push(bytes.clone());
            self.chunk_bytes += bytes.len();
            self.chunks.len() as u32 - 1
        })
    }

    fn finish_open_word(&mut self) {
        if self.open.to.is_empty() {
            return;
        }
        let (to, chunks) = (&mut self.open.to, &mut self.open.chunks);
        put_send(&mut self.words, to, chunks.len(), false);
        for chunk in chunks.drain(..) {
            put_piece(&mut self.words, Piece::Chunk(chunk));
        }
        to.clear();
    }
}

fn put_note(out: &mut Vec<u8>, place: u32, note: &Note) {
    let is_behind = if note.is_behind { IS_BEHIND } else { 0 };
    let has_begin = if note.begin.is_some() { HAS_BEGIN } else { 0 };
    let is_gone = if note.is_gone { IS_GONE } else { 0 };
    put_varint(out, place);
    out.push(is_behind | has_begin | is_gone);
    put_varint(out, note.ack.0);
    if let Some(begin) = note.begin {
        put_varint(out, begin.round.0);
        put_varint(out, begin.first.0);
    }
}
