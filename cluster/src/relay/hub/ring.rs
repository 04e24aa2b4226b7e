//! Frames that some edge may lack.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use super::super::FrameSeq;
use super::super::bounds::Bounds;

/// The last frames, in a row, and which of them are to be published again.
#[derive(Debug)]
pub(super) struct Ring {
    frames: VecDeque<Bytes>,
    /// The frame before the first of them.
    before: FrameSeq,
    bytes: usize,
    bytes_max: usize,
    frames_max: usize,
    wanted: BTreeSet<FrameSeq>,
    lost: Lost,
}

/// Frames that went although someone lacked them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    /// For their bytes.
    pub(super) too_large: u64,
    /// For their number.
    pub(super) too_many: u64,
}

impl Ring {
    pub(super) const fn new(bounds: &Bounds) -> Self {
        Self {
            frames: VecDeque::new(),
            before: FrameSeq(0),
            bytes: 0,
            bytes_max: bounds.ring_bytes,
            frames_max: bounds.ring_frames,
            wanted: BTreeSet::new(),
            lost: Lost {
                too_large: 0,
                too_many: 0,
            },
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the next frame in; the oldest make room for it.
    pub(super) fn push(&mut self, seq: FrameSeq, frame: Bytes) {
        assert_eq!(seq.0, self.before.0 + self.frames.len() as u64 + 1);
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while self.bytes > self.bytes_max {
            self.pop();
            self.lost.too_large += 1;
        }
        while self.frames.len() > self.frames_max {
            self.pop();
            self.lost.too_many += 1;
        }
    }

    /// Drops all up to this one.
    pub(super) fn prune(&mut self, heard: FrameSeq) {
        while self.before < heard && !self.frames.is_empty() {
            self.pop();
        }
        self.wanted = self.wanted.split_off(&self.before.next());
    }

    /// Marks frames for publication. False if the first of them is gone.
    pub(super) fn want(&mut self, from: FrameSeq, through: FrameSeq) -> bool {
        if from <= self.before {
            return false;
        }
        let last = self.before.0 + self.frames.len() as u64;
        let wanted = from.0..=through.0.min(last);
        self.wanted.extend(wanted.map(FrameSeq));
        true
    }

    /// Appends the frames that were wanted, as long as they are about `bytes_max` together: whoever
    /// lacks more than that asks again when it has these.
    pub(super) fn take_wanted(&mut self, bytes_max: usize, out: &mut Vec<Bytes>) {
        let mut bytes = 0;
        for seq in std::mem::take(&mut self.wanted) {
            let index = seq.0.checked_sub(self.before.0 + 1);
            // It may have gone since.
            let Some(frame) = index.and_then(|index| self.frames.get(index as usize)) else {
                continue;
            };
            bytes += frame.len();
            out.push(frame.clone());
            if bytes >= bytes_max {
                return;
            }
        }
    }

    /// Frames that went although someone lacked them, since this was last asked.
    pub(super) fn take_lost(&mut self) -> Lost {
        std::mem::take(&mut self.lost)
    }

    fn pop(&mut self) {
        if let Some(frame) = self.frames.pop_front() {
            self.bytes -= frame.len();
            self.before = self.before.next();
        }
    }
}

/// Events per frame that was not heard.
#[derive(Debug)]
pub(super) struct Tally {
    frames: VecDeque<(FrameSeq, u64)>,
    frames_max: usize,
}

impl Tally {
    pub(super) const fn new(bounds: &Bounds) -> Self {
        Self {
            frames: VecDeque::new(),
            frames_max: bounds.ring_frames,
        }
    }

    /// One more event in this frame.
    pub(super) fn note(&mut self, seq: FrameSeq) {
        // The ring reaches no farther back: to count the last with this one is right enough.
        let is_full = self.frames.len() >= self.frames_max;
        match self.frames.back_mut() {
            Some((last, events)) if *last == seq || is_full => {
                *last = seq;
                *events += 1;
            }
            _ => self.frames.push_back((seq, 1)),
        }
    }

    pub(super) fn hear(&mut self, heard: FrameSeq) {
        while self.frames.front().is_some_and(|(seq, _)| *seq <= heard) {
            self.frames.pop_front();
        }
    }

    pub(super) fn take(&mut self) -> u64 {
        self.frames.drain(..).map(|(_, events)| events).sum()
    }
}
