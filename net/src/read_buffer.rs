//! Where received bytes lie while they are read: one per shard, not one per connection.

use std::ops::Range;

/// Room for what one `recv` brings, lent to one connection after the other.
///
/// Events borrow from it: they point at the received bytes where a message lies whole in them, and
/// at a message put together from several reads otherwise. A connection leaves nothing behind in
/// it; an incomplete tail moves into the connection.
#[derive(Debug)]
pub struct ReadBuffer {
    space: Box<[u8]>,
    /// What is received and not yet consumed.
    received: Range<usize>,
    /// Bytes that a connection held back earlier: they come before `received`.
    carried: Vec<u8>,
    carried_at: usize,
    /// The last message that did not lie whole in the received bytes.
    pub(crate) assembled: Vec<u8>,
}

impl ReadBuffer {
    /// A buffer that takes up to `capacity_bytes` from one `recv`; 64 KiB serves a shard well.
    pub fn new(capacity_bytes: usize) -> Self {
        Self {
            space: vec![0; capacity_bytes].into_boxed_slice(),
            received: 0..0,
            carried: Vec::new(),
            carried_at: 0,
            assembled: Vec::new(),
        }
    }

    /// Where to receive bytes into. Call [`Self::filled`] with their number afterwards.
    ///
    /// # Panics
    /// If the last connection's events were not pulled until there were none: its bytes would be
    /// read as this connection's. [`Self::discard`] them if that connection is dropped.
    pub fn space(&mut self) -> &mut [u8] {
        assert!(
            self.is_empty(),
            "bytes of another connection are still here"
        );
        &mut self.space
    }

    /// Makes the first `len` bytes of [`Self::space`] the ones to be read.
    pub fn filled(&mut self, len: usize) {
        assert!(len <= self.space.len(), "more bytes than there is room for");
        self.received = 0..len;
    }

    /// Copies `bytes` in, as a `recv` would: for tests and in-memory pipes.
    ///
    /// # Panics
    /// If `bytes` are more than the capacity.
    pub fn fill(&mut self, bytes: &[u8]) {
        self.space()[..bytes.len()].copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    /// The most that one `recv` can bring.
    pub fn capacity(&self) -> usize {
        self.space.len()
    }

    /// Whether all bytes are consumed.
    pub fn is_empty(&self) -> bool {
        self.received.is_empty() && self.carried_at == self.carried.len()
    }

    /// Forgets all unread bytes: of a connection that is dropped before its events were pulled.
    pub fn discard(&mut self) {
        self.received = 0..0;
        self.carried_at = self.carried.len();
    }

    /// Puts bytes before the received ones.
    pub(crate) fn carry(&mut self, bytes: Vec<u8>) {
        assert!(self.carried_at == self.carried.len(), "carried twice");
        self.carried = bytes;
        self.carried_at = 0;
    }

    /// The next contiguous bytes. More may follow once these are consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        if self.carried_at < self.carried.len() {
            return &self.carried[self.carried_at..];
        }
        &self.space[self.received.clone()]
    }

    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        if self.carried_at < self.carried.len() {
            return &mut self.carried[self.carried_at..];
        }
        &mut self.space[self.received.clone()]
    }

    /// Moves on by `len` bytes of [`Self::unread`] and says where they lie.
    pub(crate) fn consume(&mut self, len: usize) -> Place {
        if self.carried_at < self.carried.len() {
            let place = Place::Carried(self.carried_at..self.carried_at + len);
            self.carried_at += len;
            return place;
        }
        let start = self.received.start;
        self.received.start += len;
        Place::Received(start..start + len)
    }

    pub(crate) fn at(&self, place: Place) -> &[u8] {
        match place {
            Place::Received(range) => &self.space[range],
            Place::Carried(range) => &self.carried[range],
            Place::Assembled => &self.assembled,
        }
    }
}

/// Where consumed bytes lie until the next ones are consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Received(Range<usize>),
    Carried(Range<usize>),
    Assembled,
}
