//! What waits for a room's next tick.

use std::collections::VecDeque;
use std::ops::Range;

use downbeat_schemas::id::SessionId;
use serde::{Deserialize, Serialize};

use crate::seat::Seat;

/// Letters in the order of their arrival.
///
/// Messages are bounded by `inbox_max` and `inbox_per_client_max`. What happens to connections is
/// not: it is bounded by the seats, and dropping it would lose a client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mailbox<I> {
    letters: VecDeque<Letter<I>>,
    /// The bytes of all [`What::Bytes`], so that they cost no allocation each.
    bytes: Vec<u8>,
    messages: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Letter<I> {
    pub(crate) slot: u32,
    /// The seat may have another session when the letter is opened.
    pub(crate) session: SessionId,
    pub(crate) what: What<I>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum What<I> {
    /// A reservation was claimed by this use of the seat.
    Join { usage: u64 },
    /// A seat was opened again by this use of it.
    Reconnect { usage: u64 },
    /// The connection of this use was lost.
    Drop { usage: u64 },
    /// The client leaves for good.
    Leave,
    /// An input of the room's enum.
    Input { seq: u32, input: I },
    /// Bytes of the game's own format: a range of [`Mailbox::bytes`].
    Bytes { seq: u32, range: Range<usize> },
}

/// Which limit a message would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailboxFull {
    /// `inbox_max`.
    Room,
    /// `inbox_per_client_max`.
    Client,
}

impl<I> Mailbox<I> {
    pub(crate) const fn new() -> Self {
        Self {
            letters: VecDeque::new(),
            bytes: Vec::new(),
            messages: 0,
        }
    }

    /// Whether there is room for one more message of a client.
    pub(crate) fn admits(
        &self,
        seat: &Seat,
        room_max: u64,
        client_max: u64,
    ) -> Result<(), MailboxFull> {
        if u64::from(seat.waiting) >= client_max {
            return Err(MailboxFull::Client);
        }
        if self.messages >= room_max {
            return Err(MailboxFull::Room);
        }
        Ok(())
    }

    /// Adds an input of a client that [`Self::admits`] let through.
    pub(crate) fn push_input(&mut self, slot: u32, seat: &mut Seat, seq: u32, input: I) {
        self.push_message(slot, seat, What::Input { seq, input });
    }

    /// Adds bytes of a client that [`Self::admits`] let through.
    pub(crate) fn push_bytes(&mut self, slot: u32, seat: &mut Seat, seq: u32, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let range = start..self.bytes.len();
        self.push_message(slot, seat, What::Bytes { seq, range });
    }

    /// Adds what happened to a connection.
    pub(crate) fn push(&mut self, slot: u32, session: SessionId, what: What<I>) {
        self.letters.push_back(Letter {
            slot,
            session,
            what,
        });
    }

    pub(crate) fn pop(&mut self) -> Option<Letter<I>> {
        self.letters.pop_front()
    }

    /// The bytes of a [`What::Bytes`], until [`Self::clear`].
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.letters.clear();
        self.bytes.clear();
        self.messages = 0;
    }

    /// Messages that wait.
    pub(crate) const fn messages(&self) -> u64 {
        self.messages
    }

    fn push_message(&mut self, slot: u32, seat: &mut Seat, what: What<I>) {
        seat.waiting += 1;
        self.messages += 1;
        self.push(slot, seat.session, what);
    }
}
