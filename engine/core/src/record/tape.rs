//! A whole file, written.

use super::block::{HEAD_BYTES, Kind, digest, put_block};
use super::ending::Ending;
use super::entry::Entry;
use super::label::Label;
use super::{MAGIC, VERSION};

/// Entries are put under a checksum when there are so many bytes of them.
const BLOCK_BYTES: usize = 16 << 10;

/// A recording in the making: bytes that are to be appended to its file.
#[derive(Debug)]
pub struct Tape {
    /// Whole blocks.
    blocks: Vec<u8>,
    /// Entries of the next one.
    open: Vec<u8>,
    number: u32,
    /// Blocks that were taken.
    taken: u32,
    /// All bytes so far, taken or not.
    total: u64,
}

impl Tape {
    /// Begins with a frozen room.
    ///
    /// # Panics
    /// If the frozen room has 4 GiB or more.
    pub fn new(label: &Label, start: &[u8]) -> Self {
        let mut tape = Self {
            blocks: Vec::with_capacity(start.len() + 4_096),
            open: Vec::new(),
            number: 0,
            taken: 0,
            total: 0,
        };
        tape.blocks.extend_from_slice(&MAGIC);
        tape.blocks.extend_from_slice(&VERSION.to_le_bytes());
        tape.total = tape.blocks.len() as u64;
        let label = rmp_serde::to_vec_named(label);
        let label = label.expect("a label is plain data, which MessagePack can hold");
        tape.put(Kind::Label, &label);
        tape.put(Kind::Start, start);
        tape
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        entry.write(&mut self.open);
        self.close_block_if_full();
    }

    /// Adds entries that are bytes already, or, in tests, what may be entries.
    pub(crate) fn push_raw(&mut self, entries: &[u8]) {
        self.open.extend_from_slice(entries);
        self.close_block_if_full();
    }

    /// Adds that a step was handed out, and the room as it was then.
    pub fn push_flush(&mut self, frozen: Option<&[u8]>) {
        let digest = frozen.map(digest);
        self.push(&Entry::Flush { digest });
    }

    /// A whole recording of one step: the room before it, the entries that end with the step, and
    /// the room after it.
    pub fn of_step(label: &Label, before: &[u8], entries: &[u8], after: Option<&[u8]>) -> Vec<u8> {
        let mut tape = Self::new(label, before);
        tape.push_raw(entries);
        tape.push_flush(after);
        tape.end(Ending::Captured);
        tape.take()
    }

    /// Adds the end mark: nothing may be pushed after it.
    pub fn end(&mut self, ending: Ending) {
        self.close_block();
        self.put(Kind::End, &[ending.to_byte()]);
    }

    /// The bytes since the last call, each entry among them.
    pub fn take(&mut self) -> Vec<u8> {
        self.close_block();
        self.taken = self.number;
        std::mem::take(&mut self.blocks)
    }

    /// How many blocks were taken: the number of the first that is not.
    pub(super) const fn taken(&self) -> u32 {
        self.taken
    }

    /// Bytes so far, taken or not.
    pub const fn total(&self) -> u64 {
        self.total + self.open.len() as u64
    }

    fn close_block_if_full(&mut self) {
        if self.open.len() >= BLOCK_BYTES {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.put(Kind::Entries, &open);
            self.open = open;
            self.open.clear();
        }
    }

    fn put(&mut self, kind: Kind, bytes: &[u8]) {
        put_block(&mut self.blocks, kind, self.number, bytes);
        self.number += 1;
        self.total += (HEAD_BYTES + bytes.len()) as u64;
    }
}
