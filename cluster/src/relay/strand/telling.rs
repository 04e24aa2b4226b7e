//! Letters to the owner.

use bytes::Bytes;
use downbeat_schemas::time::Timestamp;

use super::super::UpSeq;
use super::super::bounds::{HEARD_DELAY, KEEP_ALIVE};
use super::super::wire::UpHead;
use super::Strand;

impl Strand {
    /// The next letter for the owner's inbox, if one is due: to be called until there is none.
    pub fn up(&mut self, now: Timestamp) -> Option<Bytes> {
        if self.is_forgotten {
            return None;
        }
        if now >= self.resend.due() {
            self.queue.go_back();
            self.resend.tried(now);
        }
        let asks = now >= self.ask.due();
        let is_due = self.queue.has_unsent() || asks || now >= self.report_at();
        is_due.then(|| self.write(now, asks))
    }

    /// When [`up`](Self::up) next has a letter or [`is_lost`](Self::is_lost) is true, if nothing
    /// happens before.
    pub fn deadline(&self) -> Timestamp {
        if self.is_forgotten {
            return Timestamp::NEVER;
        }
        if self.queue.has_unsent() {
            return Timestamp(0);
        }
        let tries = self.resend.due().min(self.ask.due());
        tries.min(self.report_at()).min(self.lost_at)
    }

    /// When the owner is to hear of this strand even if there is no news of clients.
    fn report_at(&self) -> Timestamp {
        // Before its first entry the owner need not know it.
        if self.queue.last() == UpSeq(0) {
            return Timestamp::NEVER;
        }
        let has_heard_more = self.order.heard() != self.heard_told;
        let delay = if has_heard_more {
            HEARD_DELAY
        } else {
            KEEP_ALIVE
        };
        self.last_letter_at.after(delay)
    }

    fn write(&mut self, now: Timestamp, asks: bool) -> Bytes {
        let batch = self
            .queue
            .next_batch(self.bounds.frame_bytes, &mut self.counters);
        let head = UpHead {
            room: self.room,
            epoch: self.epoch,
            strand: self.id,
            round: self.order.round(),
            heard: self.order.heard(),
            wants: self.order.missing().filter(|_| asks),
            first: batch.first,
        };
        let mut out = Vec::new();
        head.encode(&mut out, batch.count);
        self.queue.put(batch, &mut out);
        if batch.count > 0 {
            self.resend.start(now);
        }
        if asks {
            self.ask.tried(now);
        }
        self.last_letter_at = now;
        self.heard_told = self.order.heard();
        self.counters.letters += 1;
        out.into()
    }
}
