//! Frames: when they are due, what is in them, and those that are published again.

use bytes::Bytes;
use downbeat_schemas::time::Timestamp;

use super::super::bounds::{ACK_DELAY, HEARTBEAT};
use super::super::wire::{Note, Title};
use super::Hub;

impl Hub {
    /// Appends what is to be published on the room's channel now, in this order. Nothing if nothing
    /// is due.
    pub fn flush(&mut self, now: Timestamp, out: &mut Vec<Bytes>) {
        if !self.draft.is_empty() || now >= self.deadline_of_frame() {
            self.seal();
            self.show_at = now.after(HEARTBEAT);
        }
        if self.ties.is_empty() && now >= self.announces_until {
            self.show_at = Timestamp::NEVER;
        }
        let resent_before = self.outgoing.len();
        self.ring
            .take_wanted(self.bounds.reorder_bytes, &mut self.outgoing);
        self.counters.frames_resent += (self.outgoing.len() - resent_before) as u64;
        out.append(&mut self.outgoing);
    }

    pub(super) fn deadline_of_frame(&self) -> Timestamp {
        if !self.gone.is_empty() {
            return Timestamp(0);
        }
        let ties = self.ties.values();
        let owed = ties.map(|tie| tie.owed_at).min();
        self.show_at.min(owed.unwrap_or(Timestamp::NEVER))
    }

    /// Ends the frame that is being written, if it has no room for so many bytes more.
    pub(super) fn make_space(&mut self, len: usize) {
        if !self.draft.is_empty() && self.draft.len() + len > self.bounds.frame_bytes {
            self.seal();
        }
    }

    /// Ends the frame that is being written, with what is owed to strands; a bare one if the room
    /// said nothing.
    pub(super) fn seal(&mut self) {
        for tie in self.ties.values_mut() {
            if let Some(note) = tie.take_note() {
                self.draft.note(tie.id, note);
            }
        }
        for strand in std::mem::take(&mut self.gone) {
            let is_gone = true;
            self.draft.note(
                strand,
                Note {
                    is_gone,
                    ..Note::default()
                },
            );
        }
        let is_bare = self.draft.is_empty();
        if !is_bare {
            self.sealed = self.sealed.next();
        }
        let (room, epoch, seq) = (self.room, self.epoch, self.sealed);
        let frame = self.draft.seal(Title { room, epoch, seq });
        if is_bare {
            self.counters.bare_frames += 1;
        } else {
            self.counters.frames += 1;
            self.ring.push(seq, frame.clone());
            self.prune();
        }
        self.outgoing.push(frame);
    }

    /// Drops the frames that nobody lacks.
    pub(super) fn prune(&mut self) {
        let ties = self.ties.values().filter(|tie| !tie.is_idle());
        let heard = ties.map(|tie| tie.heard).min().unwrap_or(self.sealed);
        self.ring.prune(heard);
    }

    /// The frame in which a note would go out is due soon, so that others can join it.
    pub(super) fn show_soon(&mut self, now: Timestamp) {
        self.show_at = self.show_at.min(now.after(ACK_DELAY));
    }
}
