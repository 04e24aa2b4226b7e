//! Entries on their way to the owner.

use std::collections::VecDeque;

use super::super::UpSeq;
use super::super::wire::Entry;
use super::super::{EdgeCounters, RelayedId};

/// Entries that the owner has not acknowledged, encoded, one behind the other.
///
/// Sent in order; what was sent is sent again from the first one on (go-back-N), for letters are
/// seldom lost and the owner need not sort.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: VecDeque<u8>,
    lens: VecDeque<u32>,
    /// The last entry that was acknowledged.
    acked: UpSeq,
    /// How many behind it were sent, and their bytes.
    sent: usize,
    sent_bytes: usize,
    /// The last entry that was ever sent.
    ever_sent: UpSeq,
    scratch: Vec<u8>,
}

/// Entries for one letter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) first: UpSeq,
    pub(super) count: usize,
    at: usize,
    len: usize,
}

impl Queue {
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) const fn acked(&self) -> UpSeq {
        self.acked
    }

    /// The number of the last entry.
    pub(super) fn last(&self) -> UpSeq {
        UpSeq(self.acked.0 + self.lens.len() as u64)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lens.is_empty()
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.lens.len()
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        self.push_with(|out| entry.encode(out));
    }

    pub(super) fn push_message(&mut self, relayed: RelayedId, bytes: &[u8]) {
        self.push_with(|out| Entry::encode_message(out, relayed, bytes));
    }

    fn push_with(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        self.scratch.clear();
        encode(&mut self.scratch);
        self.bytes.extend(&self.scratch);
        self.lens.push_back(self.scratch.len() as u32);
    }

    /// Forgets what was acknowledged; true if that is more than before.
    pub(super) fn ack(&mut self, ack: UpSeq) -> bool {
        let ack = ack.min(self.last());
        let count = ack.0.saturating_sub(self.acked.0) as usize;
        if count == 0 {
            return false;
        }
        let len: usize = self.lens.drain(..count).map(|len| len as usize).sum();
        self.bytes.drain(..len);
        self.acked = ack;
        // The acknowledgement of an entry may come while it is to be sent again.
        self.sent_bytes = self.sent_bytes.saturating_sub(len);
        self.sent = self.sent.saturating_sub(count);
        true
    }

    /// All that was sent is to be sent again.
    pub(super) const fn go_back(&mut self) {
        (self.sent, self.sent_bytes) = (0, 0);
    }

    /// The next entries to send, about `bytes_max` of them but at least one; they count as sent.
    pub(super) fn next_batch(&mut self, bytes_max: usize, counters: &mut EdgeCounters) -> Batch {
        let first = UpSeq(self.acked.0 + self.sent as u64 + 1);
        let at = self.sent_bytes;
        let (mut count, mut len) = (0, 0);
        for entry in self.lens.range(self.sent..) {
            let entry_len = *entry as usize;
            if count > 0 && len + entry_len > bytes_max {
                break;
            }
            count += 1;
            len += entry_len;
        }
        self.sent += count;
        self.sent_bytes += len;
        let last = UpSeq(first.0 + count as u64 - 1);
        let again = self.ever_sent.0.min(last.0) + 1;
        counters.entries_resent += again.saturating_sub(first.0);
        self.ever_sent = self.ever_sent.max(last);
        Batch {
            first,
            count,
            at,
            len,
        }
    }

    /// Writes the entries of a batch.
    pub(super) fn put(&self, batch: Batch, out: &mut Vec<u8>) {
        let (front, back) = self.bytes.as_slices();
        let (start, end) = (batch.at, batch.at + batch.len);
        let in_front = &front[start.min(front.len())..end.min(front.len())];
        let (start, end) = (
            start.saturating_sub(front.len()),
            end.saturating_sub(front.len()),
        );
        out.extend_from_slice(in_front);
        out.extend_from_slice(&back[start..end]);
    }
}
