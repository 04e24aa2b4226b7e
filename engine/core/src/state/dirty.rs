//! Which rows were written to.

use std::cell::Cell;

/// A bit for each slot. Cells, so that many guards can mark rows of one table at once.
#[derive(Debug, Default)]
pub(super) struct DirtyBits {
    words: Vec<Cell<u64>>,
}

impl DirtyBits {
    /// Makes room for `slot`.
    pub(super) fn cover(&mut self, slot: usize) {
        if slot / 64 >= self.words.len() {
            self.words.resize(slot / 64 + 1, Cell::new(0));
        }
    }

    /// Marks `slot`, which must be covered.
    pub(super) fn mark(&self, slot: usize) {
        self.marker(slot).mark();
    }

    /// What marks `slot` later.
    pub(super) fn marker(&self, slot: usize) -> Marker<'_> {
        Marker {
            word: &self.words[slot / 64],
            bit: 1 << (slot % 64),
        }
    }

    /// Visits the marked slots, ascending, and forgets the marks.
    pub(super) fn drain(&mut self, mut visit: impl FnMut(usize)) {
        for (index, word) in self.words.iter_mut().enumerate() {
            let mut bits = word.take();
            while bits != 0 {
                visit(index * 64 + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }
}

/// Marks one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marker<'a> {
    word: &'a Cell<u64>,
    bit: u64,
}

impl Marker<'_> {
    pub(super) fn mark(self) {
        self.word.set(self.word.get() | self.bit);
    }
}
