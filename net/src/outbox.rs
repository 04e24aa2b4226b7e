//! What waits to be sent on one connection, and what happens when the client reads too slowly.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use downbeat_schemas::limits::Limits;
pub use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The socket took all of it.
    Sent,
    /// It waits in the outbox, or the rest of it does.
    Queued,
    /// It was dropped: the client is in arrears and waits for its snapshot, or is leaving.
    Skipped,
    /// It and all messages that waited were dropped. Once [`is_drained`] a snapshot must follow.
    ///
    /// [`is_drained`]: crate::connection::Connection::is_drained
    Overflow,
    /// As `Overflow`, for the second time within `outbox_window_ms`: close with 4008.
    SlowReader,
    /// The socket is broken; the connection is finished.
    Lost,
}

/// A queue of shared bytes, bounded by `outbox_bytes_max`.
///
/// The bound counts what waits behind the message that is partly on the wire, and an empty outbox
/// takes one message of any size: or else a large snapshot could never be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pieces: VecDeque<Piece>,
    /// Bytes of the first piece that are sent.
    front_sent: usize,
    queued_bytes: usize,
    /// When the socket last took bytes, or the outbox was last empty.
    progress_at: Timestamp,
    overflowed_at: Option<Timestamp>,
    is_overflowed: bool,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    kind: Kind,
    /// Whether it is the first piece of a message.
    starts: bool,
}

/// What may be dropped at an overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message, a ping, a pong.
    Droppable,
    /// A close frame, an HTTP response: the other side waits for it.
    Kept,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) const fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Whether messages are dropped until a snapshot makes up for them.
    pub(crate) const fn is_overflowed(&self) -> bool {
        self.is_overflowed
    }

    /// Whether the socket has taken all that an overflow left.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_overflowed && self.is_empty()
    }

    /// Takes messages again after an overflow.
    pub(crate) fn resume(&mut self) {
        assert!(self.is_drained(), "the snapshot would overflow again");
        self.is_overflowed = false;
    }

    /// How long the socket has taken nothing although something waits.
    pub(crate) fn stalled_for(&self, now: Timestamp) -> Duration {
        if self.is_empty() {
            return Duration::ZERO;
        }
        now.since(self.progress_at)
    }

    /// Queues what must not be lost.
    pub(crate) fn push_kept(&mut self, bytes: impl Into<Bytes>, now: Timestamp) {
        self.push_piece(bytes.into(), Kind::Kept, true, now);
        self.invariants();
    }

    /// Queues a ping or pong, if there is room: one that is missing makes no difference to a
    /// client that does not read.
    pub(crate) fn push_control(&mut self, frame: Vec<u8>, limits: &Limits, now: Timestamp) {
        if self.queued_bytes + frame.len() <= limits.outbox_bytes_max as usize {
            self.push_piece(frame.into(), Kind::Droppable, true, now);
        }
        self.invariants();
    }

    /// Queues a message of which the socket already took the first `sent` bytes.
    pub(crate) fn push_message(
        &mut self,
        head: &[u8],
        parts: &[Part<'_>],
        sent: usize,
        limits: &Limits,
        now: Timestamp,
    ) -> Delivery {
        if self.is_overflowed {
            return Delivery::Skipped;
        }
        let payload_bytes: usize = parts.iter().map(|part| part.bytes().len()).sum();
        let message_bytes = head.len() + payload_bytes;
        if sent == 0 && !self.has_room(message_bytes, limits) {
            return self.overflow(limits, now);
        }
        self.push_rest(head, parts, sent, now);
        self.invariants();
        Delivery::Queued
    }

    /// Copies the first bytes that wait behind `batch`, up to `batch_bytes_max` in all.
    pub(crate) fn gather(&self, batch: &mut Vec<u8>, batch_bytes_max: usize) {
        let mut skip = self.front_sent;
        for piece in &self.pieces {
            let room = batch_bytes_max.saturating_sub(batch.len());
            let bytes = &piece.bytes[skip..];
            batch.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() >= room {
                return;
            }
            skip = 0;
        }
    }

    /// Takes away the first `sent` bytes: the socket has them.
    pub(crate) fn advance(&mut self, sent: usize, now: Timestamp) {
        assert!(sent <= self.queued_bytes, "more was sent than waited");
        self.queued_bytes -= sent;
        self.front_sent += sent;
        while let Some(front) = self.pieces.front()
            && self.front_sent >= front.bytes.len()
        {
            self.front_sent -= front.bytes.len();
            self.pieces.pop_front();
        }
        if sent > 0 {
            self.progress_at = now;
        }
        if self.pieces.is_empty() {
            // Most connections never queue: they hold no memory for it.
            self.pieces = VecDeque::new();
        }
        self.invariants();
    }

    fn has_room(&self, message_bytes: usize, limits: &Limits) -> bool {
        if self.is_empty() {
            return true;
        }
        let waiting_bytes = self.queued_bytes - self.started_bytes();
        waiting_bytes + message_bytes <= limits.outbox_bytes_max as usize
    }

    /// Drops all messages that are not partly on the wire.
    fn overflow(&mut self, limits: &Limits, now: Timestamp) -> Delivery {
        let started = self.started_pieces();
        let mut place = 0;
        self.pieces.retain(|piece| {
            place += 1;
            place <= started || piece.kind == Kind::Kept
        });
        let total: usize = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
        self.queued_bytes = total - self.front_sent;
        self.is_overflowed = true;
        self.invariants();
        let window = Duration::from_millis(limits.outbox_window_ms);
        match self.overflowed_at.replace(now) {
            Some(last) if now.since(last) <= window => Delivery::SlowReader,
            _ => Delivery::Overflow,
        }
    }

    /// The pieces of the message that is partly on the wire.
    fn started_pieces(&self) -> usize {
        let is_started = |front: &Piece| self.front_sent > 0 || !front.starts;
        if !self.pieces.front().is_some_and(is_started) {
            return 0;
        }
        let rest = self.pieces.iter().skip(1);
        1 + rest.take_while(|piece| !piece.starts).count()
    }

    fn started_bytes(&self) -> usize {
        let started = self.pieces.iter().take(self.started_pieces());
        let bytes: usize = started.map(|piece| piece.bytes.len()).sum();
        bytes - self.front_sent
    }

    fn push_rest(&mut self, head: &[u8], parts: &[Part<'_>], sent: usize, now: Timestamp) {
        let mut skip = sent;
        let mut own = Vec::new();
        // A message is begun by its first piece, unless its first bytes are on the wire.
        let mut starts = sent == 0;
        for part in std::iter::once(Part::Own(head)).chain(parts.iter().copied()) {
            let len = part.bytes().len();
            let skipped = skip.min(len);
            skip -= skipped;
            match part {
                Part::Own(bytes) => own.extend_from_slice(&bytes[skipped..]),
                Part::Shared(bytes) => {
                    for bytes in [std::mem::take(&mut own).into(), bytes.slice(skipped..)] {
                        starts &= !self.push_piece(bytes, Kind::Droppable, starts, now);
                    }
                }
            }
        }
        self.push_piece(own.into(), Kind::Droppable, starts, now);
    }

    /// Queues bytes, if there are any: says whether.
    fn push_piece(&mut self, bytes: Bytes, kind: Kind, starts: bool, now: Timestamp) -> bool {
        if bytes.is_empty() {
            return false;
        }
        if self.pieces.is_empty() {
            self.progress_at = now;
        }
        self.queued_bytes += bytes.len();
        self.pieces.push_back(Piece {
            bytes,
            kind,
            starts,
        });
        true
    }

    fn invariants(&self) {
        assert!(self.queued_bytes > 0 || self.pieces.is_empty());
        assert!(
            self.pieces
                .front()
                .is_none_or(|front| self.front_sent < front.bytes.len())
        );
    }
}

#[cfg(test)]
mod tests;
