//! Frames, put in order.

use std::collections::BTreeMap;

use super::super::wire::{Begin, Frame};
use super::super::{EdgeCounters, FrameSeq, Round};

/// How far the frames were heard, and those that came too early.
#[derive(Debug)]
pub(super) struct Order {
    round: Round,
    /// Every frame up to here was heard, or came before the round.
    heard: FrameSeq,
    /// The highest number that was seen.
    newest: FrameSeq,
    waiting: BTreeMap<FrameSeq, Frame>,
    waiting_bytes: usize,
    bytes_max: usize,
}

impl Order {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            round: Round(0),
            heard: FrameSeq(0),
            newest: FrameSeq(0),
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            bytes_max,
        }
    }

    pub(super) const fn round(&self) -> Round {
        self.round
    }

    pub(super) const fn heard(&self) -> FrameSeq {
        self.heard
    }

    pub(super) const fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    const fn has_begun(&self) -> bool {
        self.round.0 > 0
    }

    /// Begins where the owner says, if that is news. True if frames were left out.
    pub(super) fn begin(&mut self, begin: Begin) -> bool {
        if begin.round <= self.round {
            return false;
        }
        let had_begun = self.has_begun();
        self.round = begin.round;
        // What it lacked may have come in the meantime: then nothing is left out, and what was heard
        // behind it stays heard, a snapshot perhaps.
        let before = FrameSeq(begin.first.0 - 1);
        if before <= self.heard {
            return false;
        }
        self.heard = before;
        while let Some(first) = self.waiting.first_entry() {
            if *first.key() > self.heard {
                break;
            }
            self.waiting_bytes -= first.remove().len();
        }
        // Before the first round there was nothing to lose.
        had_begun
    }

    /// Takes a frame in; what can be heard is had from [`next`](Self::next).
    pub(super) fn take(&mut self, frame: Frame, counters: &mut EdgeCounters) {
        self.newest = self.newest.max(frame.seq);
        if frame.is_bare {
            return;
        }
        let is_old = self.has_begun() && frame.seq <= self.heard;
        if is_old || self.waiting.contains_key(&frame.seq) {
            counters.duplicates += 1;
            return;
        }
        if self.has_begun() && frame.seq > self.heard.next() {
            counters.gaps += 1;
        }
        self.waiting_bytes += frame.len();
        self.waiting.insert(frame.seq, frame);
        self.shrink(counters);
    }

    /// Drops what is farthest from being heard. Before it begins that is the oldest: it will hardly
    /// begin there.
    fn shrink(&mut self, counters: &mut EdgeCounters) {
        while self.waiting_bytes > self.bytes_max && self.waiting.len() > 1 {
            let dropped = if self.has_begun() {
                self.waiting.pop_last()
            } else {
                self.waiting.pop_first()
            };
            if let Some((_, frame)) = dropped {
                self.waiting_bytes -= frame.len();
                counters.frames_refused += 1;
            }
        }
    }

    /// The next frame, if it is there; it is heard then.
    pub(super) fn next(&mut self) -> Option<Frame> {
        if !self.has_begun() {
            return None;
        }
        let next = self.heard.next();
        let frame = self.waiting.remove(&next)?;
        self.waiting_bytes -= frame.len();
        self.heard = next;
        Some(frame)
    }

    /// The last frame of the first gap.
    pub(super) fn missing(&self) -> Option<FrameSeq> {
        if !self.has_begun() || self.newest <= self.heard {
            return None;
        }
        let early = self.waiting.first_key_value();
        Some(early.map_or(self.newest, |(early, _)| FrameSeq(early.0 - 1)))
    }
}
