//! What a client must hear even if the frame it was in is gone.

use std::collections::VecDeque;

use downbeat_schemas::part::Part;

use super::super::bounds::Bounds;
use super::super::wire::Draft;
use super::super::{FrameSeq, RelayedId, StrandId};

/// Welcomes and closes that a strand may not have heard. A snapshot makes up for anything else: but
/// a client without its Welcome cannot read one, nor open its seat again; and one that was closed
/// gets none.
#[derive(Debug)]
pub(super) struct Kept {
    words: VecDeque<KeptWord>,
    bytes: usize,
    bytes_max: usize,
}

/// One of them, and the last frame that says it.
#[derive(Debug)]
pub(super) struct KeptWord {
    seq: FrameSeq,
    to: RelayedId,
    what: What,
}

#[derive(Debug)]
enum What {
    Message(Vec<u8>),
    Close { code: u16, reason: String },
}

/// What a word takes besides its bytes.
const WORD_BYTES: usize = size_of::<KeptWord>();

impl Kept {
    pub(super) const fn new(bounds: &Bounds) -> Self {
        Self {
            words: VecDeque::new(),
            bytes: 0,
            bytes_max: bounds.ring_bytes,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it keeps more than it may.
    pub(super) const fn is_over(&self) -> bool {
        self.bytes > self.bytes_max
    }

    pub(super) fn keep_message(&mut self, seq: FrameSeq, to: RelayedId, parts: &[Part<'_>]) {
        let parts: Vec<_> = parts.iter().map(Part::bytes).collect();
        let what = What::Message(parts.concat());
        self.push(KeptWord { seq, to, what });
    }

    pub(super) fn keep_close(&mut self, seq: FrameSeq, to: RelayedId, code: u16, reason: &str) {
        let reason = reason.to_owned();
        let what = What::Close { code, reason };
        self.push(KeptWord { seq, to, what });
    }

    /// Drops what was heard.
    pub(super) fn hear(&mut self, heard: FrameSeq) {
        while self.words.front().is_some_and(|word| word.seq <= heard) {
            if let Some(word) = self.words.pop_front() {
                self.bytes -= word.len();
            }
        }
    }

    /// All of it, to be said again and put back.
    pub(super) fn take(&mut self) -> VecDeque<KeptWord> {
        self.bytes = 0;
        std::mem::take(&mut self.words)
    }

    pub(super) fn put_back(&mut self, words: VecDeque<KeptWord>) {
        words.into_iter().for_each(|word| self.push(word));
    }

    fn push(&mut self, word: KeptWord) {
        // One that is over is about to be given up: what it keeps is of no use.
        if self.is_over() {
            return;
        }
        self.bytes += word.len();
        self.words.push_back(word);
    }
}

impl KeptWord {
    pub(super) const fn len(&self) -> usize {
        let bytes = match &self.what {
            What::Message(bytes) => bytes.len(),
            What::Close { reason, .. } => reason.len(),
        };
        WORD_BYTES + bytes
    }

    /// Says it once more, in the frame of this number.
    pub(super) fn say_again(&mut self, seq: FrameSeq, strand: StrandId, draft: &mut Draft) {
        self.seq = seq;
        match &self.what {
            What::Message(bytes) => draft.repeat(strand, self.to, bytes),
            What::Close { code, reason } => draft.close(strand, self.to, *code, reason),
        }
    }
}
