//! What waits for a room's next tick.

use std::collections::VecDeque;
use std::ops::Range;

use downbeat_schemas::id::SessionId;
use serde::{Deserialize, Serialize};

use crate::seat::Seat;

/// Letters in the order of their arrival.
///
/// Messages of clients are bounded by `inbox_max` and `inbox_per_client_max`, those of topics by
/// `topic_messages_max`. What happens to connections is not: it is bounded by the seats, and dropping it would lose a client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mailbox<I> {
    letters: VecDeque<Letter<I>>,
    /// The bytes of all [`What::Bytes`] and of topics, so that they cost no allocation each.
    bytes: Vec<u8>,
    /// Of clients.
    messages: u64,
    /// Of topics.
    topic_messages: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Letter<I> {
    /// From a seat.
    Seat {
        slot: u32,
        /// The seat may have another session when the letter is opened.
        session: SessionId,
        what: What<I>,
    },
    /// From a topic, which the room may hear no more when the letter is opened: ranges of
    /// [`Mailbox::bytes`].
    Topic {
        topic: Range<usize>,
        payload: Range<usize>,
    },
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
            topic_messages: 0,
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
        let range = self.keep(bytes);
        self.push_message(slot, seat, What::Bytes { seq, range });
    }

    /// Adds a message of a topic; false if there are so many already.
    pub(crate) fn push_topic(&mut self, topic: &str, payload: &[u8], max: u64) -> bool {
        let is_admitted = self.topic_messages < max;
        if is_admitted {
            self.topic_messages += 1;
            let (topic, payload) = (self.keep(topic.as_bytes()), self.keep(payload));
            self.letters.push_back(Letter::Topic { topic, payload });
        }
        is_admitted
    }

    /// Adds what happened to a connection.
    pub(crate) fn push(&mut self, slot: u32, session: SessionId, what: What<I>) {
        self.letters.push_back(Letter::Seat {
            slot,
            session,
            what,
        });
    }

    pub(crate) fn pop(&mut self) -> Option<Letter<I>> {
        self.letters.pop_front()
    }

    /// The bytes of a letter, until [`Self::clear`].
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.letters.clear();
        self.bytes.clear();
        (self.messages, self.topic_messages) = (0, 0);
    }

    /// Messages of clients that wait.
    pub(crate) const fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages of topics that wait.
    pub(crate) const fn topic_messages(&self) -> u64 {
        self.topic_messages
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    fn push_message(&mut self, slot: u32, seat: &mut Seat, what: What<I>) {
        seat.waiting += 1;
        self.messages += 1;
        self.push(slot, seat.session, what);
    }
}
