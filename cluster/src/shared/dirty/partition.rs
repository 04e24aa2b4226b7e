//! The rooms of one name, which are listed together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::pause;

/// One call at a time, so that what is said later is heard later.
#[derive(Debug)]
pub(super) struct Partition {
    rooms: BTreeSet<RoomId>,
    /// Rooms whose record is to be told, and when.
    due: BTreeSet<(Timestamp, RoomId)>,
    queued: BTreeMap<RoomId, Timestamp>,
    pub(super) is_busy: bool,
    /// Not before: the store did not answer.
    retry_at: Timestamp,
    failures: u32,
    assert_at: Timestamp,
    /// The last room that the assertion under way has reached, and the one before.
    reached: Option<RoomId>,
    asserting: Option<RoomId>,
    /// Whether the store may have forgotten what it is being told: the round is to begin anew.
    is_doubted: bool,
}

impl Partition {
    pub(super) fn new(assert_at: Timestamp) -> Self {
        Self {
            rooms: BTreeSet::new(),
            due: BTreeSet::new(),
            queued: BTreeMap::new(),
            is_busy: false,
            retry_at: Timestamp::default(),
            failures: 0,
            assert_at,
            reached: None,
            asserting: None,
            is_doubted: false,
        }
    }

    pub(super) fn add(&mut self, room: RoomId) {
        self.rooms.insert(room);
    }

    pub(super) fn remove(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        if let Some(due) = self.queued.remove(&room) {
            self.due.remove(&(due, room));
        }
    }

    /// Nothing would be lost with it: its jobs end without it.
    pub(super) fn is_empty(&self) -> bool {
        self.rooms.is_empty() && !self.is_busy
    }

    pub(super) fn is_told(&self) -> bool {
        self.due.is_empty() && !self.is_busy
    }

    /// Has a room told of at this time, or before if that was said before.
    pub(super) fn queue(&mut self, room: RoomId, due: Timestamp) {
        let former = self.queued.get(&room).copied();
        if former.is_some_and(|former| former <= due) {
            return;
        }
        if let Some(former) = former {
            self.due.remove(&(former, room));
        }
        self.due.insert((due, room));
        self.queued.insert(room, due);
    }

    pub(super) fn next_at(&self) -> Timestamp {
        if self.is_busy {
            return Timestamp::NEVER;
        }
        let due = self.due.first().map(|(due, _)| *due);
        let next = due.unwrap_or(Timestamp::NEVER).min(self.assert_at);
        next.max(self.retry_at)
    }

    pub(super) fn take_due(&mut self, now: Timestamp, most: usize) -> Vec<RoomId> {
        let mut taken = Vec::new();
        while taken.len() < most
            && self.due.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, room)) = self.due.pop_first()
        {
            self.queued.remove(&room);
            taken.push(room);
        }
        taken
    }

    /// Has all rooms asserted, from the first on, as soon as may be.
    pub(super) fn begin_round(&mut self) {
        self.is_doubted = self.is_busy;
        self.reached = None;
        self.assert_at = Timestamp::default();
    }

    /// Rooms that nobody has spoken of in this round.
    pub(super) fn next_to_assert(&mut self, most: usize) -> Vec<RoomId> {
        let from = self.reached.map_or(Bound::Unbounded, Bound::Excluded);
        let rooms = self.rooms.range((from, Bound::Unbounded));
        let rooms: Vec<RoomId> = rooms.take(most).copied().collect();
        // A full page may not be the last.
        self.asserting = rooms.last().copied().filter(|_| rooms.len() == most);
        rooms
    }

    /// The rooms last asserted were; the round goes on where they end, the next one at `next`.
    pub(super) fn asserted(&mut self, is_done: bool, next: Timestamp) {
        if !is_done || self.is_doubted {
            return;
        }
        self.reached = self.asserting.take();
        if self.reached.is_none() {
            self.assert_at = next;
        }
    }

    pub(super) fn answered(&mut self, is_done: bool, now: Timestamp, retry: Duration) {
        self.is_busy = false;
        self.is_doubted = false;
        if is_done {
            self.failures = 0;
            self.retry_at = Timestamp::default();
        } else {
            self.failures += 1;
            self.retry_at = now.after(pause(retry, self.failures));
        }
    }
}
