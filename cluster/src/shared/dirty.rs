//! What the store has yet to be told of one's own rooms.
//!
//! Only the latest record of a room counts, so what waits is bounded by the rooms there are, and by
//! those that ended while the store was out of reach: no more than there were before. Nothing is
//! dropped; what failed is told again, with longer and longer pauses.
//!
//! [`Dirty::poll`] says what to do next, each job's end comes back through a method of its name.

mod answers;
mod job;
mod partition;
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

pub(crate) use job::{Batch, Job};

use self::partition::Partition;
use self::room::{Room, Stage};
use super::call::Touched;
use super::owner::Title;
use crate::{HoldId, RoomRecord, TicketPass};

/// Jobs on single rooms at the same time. Beyond: they wait for those to end.
const ROOM_JOBS_MAX: usize = 64;
/// Rooms in one batch of publications.
const BATCH_MAX: usize = 50;
/// Rooms that are asserted by one call.
const TOUCHED_MAX: usize = 500;

/// How often things are told.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two records of a room, unless it is urgent: its first one, one with settled holds,
    /// its end.
    pub publish: Duration,
    /// Between two words that all rooms are as they were: a third of the time after which the
    /// store forgets them.
    pub assert: Duration,
    /// Between two words on who owns a room.
    pub keep: Duration,
    /// After a failure; doubled with each further one in a row, up to sixteen times.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            publish: Duration::from_millis(250),
            assert: Duration::from_secs(10),
            keep: Duration::from_secs(60),
            retry: Duration::from_millis(50),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Dirty {
    pace: Pace,
    rooms: BTreeMap<RoomId, Room>,
    partitions: BTreeMap<Arc<str>, Partition>,
    /// Rooms whose owner is to be told: claimed, kept or dropped.
    owned: BTreeSet<(Timestamp, RoomId)>,
    room_jobs: usize,
    /// Tickets of rooms that ended before they were published, or of another name.
    tickets: Vec<TicketPass>,
    announce_at: Timestamp,
    /// Rooms that have turned out to be another's.
    lost: Vec<RoomId>,
}

impl Dirty {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            rooms: BTreeMap::new(),
            partitions: BTreeMap::new(),
            owned: BTreeSet::new(),
            room_jobs: 0,
            tickets: Vec::new(),
            announce_at: Timestamp::NEVER,
            lost: Vec::new(),
        }
    }

    /// Takes a new or changed record, in which the `settled` holds are counted.
    pub(crate) fn publish(
        &mut self,
        record: Arc<RoomRecord>,
        settled: Vec<HoldId>,
        ticket: Option<TicketPass>,
    ) {
        let id = record.room;
        let known = self.rooms.contains_key(&id);
        let room = self.rooms.entry(id).or_insert_with(|| Room::new(&record));
        let (own, foreign) = match ticket {
            Some(ticket) if ticket.name == room.name => (Some(ticket), None),
            ticket => (None, ticket),
        };
        self.tickets.extend(foreign);
        let is_urgent = !known || !settled.is_empty() || own.is_some();
        room.change(record, settled, own);
        if !known {
            self.owned.insert((Timestamp::default(), id));
        }
        self.queue(id, is_urgent);
    }

    /// A room has ended.
    pub(crate) fn withdraw(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        room.record = None;
        self.tickets.extend(room.ticket.take());
        if !room.is_spoken_of {
            // The store has never heard of it.
            self.forget(id);
        } else {
            self.queue(id, true);
        }
    }

    /// The room is one's own already: it was taken over.
    pub(crate) fn adopt(&mut self, record: Arc<RoomRecord>, title: Title, now: Timestamp) {
        let id = record.room;
        self.publish(record, Vec::new(), None);
        self.entitle(id, title, now);
    }

    pub(crate) fn record(&self, room: RoomId) -> Option<&Arc<RoomRecord>> {
        self.rooms.get(&room)?.record.as_ref()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Arc<RoomRecord>> {
        self.rooms.values().filter_map(|room| room.record.as_ref())
    }

    /// Whether the store has yet to confirm that the room is this node's.
    pub(crate) fn is_untold(&self, room: RoomId) -> bool {
        let room = self.rooms.get(&room);
        room.is_some_and(|room| room.record.is_some() && room.title.is_none())
    }

    /// What the room's owner writes with; `None` before the store has confirmed it.
    pub(crate) fn title(&self, room: RoomId) -> Option<Title> {
        self.rooms.get(&room)?.title
    }

    /// The names of the rooms.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.partitions.keys().cloned().collect()
    }

    /// Has everything told again at once: the store may have forgotten some of it.
    pub(crate) fn tell_again(&mut self) {
        if !self.partitions.is_empty() {
            self.announce_at = Timestamp::default();
        }
        self.partitions
            .values_mut()
            .for_each(Partition::begin_round);
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for id in rooms {
            self.doubt(id);
        }
    }

    /// The store may have forgotten whose room it is.
    fn doubt(&mut self, id: RoomId) {
        match self.rooms.get_mut(&id) {
            // The answer under way may be from before.
            Some(room) if room.is_busy => room.is_doubted = true,
            Some(room) if room.stage == Stage::Owned => {
                self.reschedule(id, Timestamp::default());
            }
            _ => {}
        }
    }

    /// Whether all has been told.
    pub(crate) fn is_told(&self) -> bool {
        let is_told = |room: &Room| !room.is_busy && room.stage == Stage::Owned;
        self.rooms.values().all(is_told)
            && self.partitions.values().all(Partition::is_told)
            && self.tickets.is_empty()
    }

    /// Rooms that were found to have another owner, each once: end them, and write nothing more.
    pub(crate) fn take_lost(&mut self) -> Vec<RoomId> {
        std::mem::take(&mut self.lost)
    }

    /// The next thing to do, if there is one by now.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Option<Job> {
        if let Some(ticket) = self.tickets.pop() {
            return Some(Job::Finish(ticket));
        }
        if self.announce_at <= now {
            return Some(self.announce(now));
        }
        self.poll_owned(now).or_else(|| self.poll_partitions(now))
    }

    /// When to poll again, if nothing happens before.
    pub(crate) fn next_at(&self) -> Timestamp {
        let owned = self
            .owned
            .first()
            .filter(|_| self.room_jobs < ROOM_JOBS_MAX);
        let owned = owned.map(|(at, _)| *at);
        let partitions = self.partitions.values().map(Partition::next_at);
        let first = partitions.chain(owned).min().unwrap_or(Timestamp::NEVER);
        first.min(self.announce_at)
    }

    fn announce(&mut self, now: Timestamp) -> Job {
        self.announce_at = match self.partitions.is_empty() {
            true => Timestamp::NEVER,
            false => now.after(self.pace.assert),
        };
        Job::Announce(self.names())
    }

    fn poll_owned(&mut self, now: Timestamp) -> Option<Job> {
        if self.room_jobs >= ROOM_JOBS_MAX || self.owned.first()?.0 > now {
            return None;
        }
        let (_, id) = self.owned.pop_first()?;
        let room = self.rooms.get_mut(&id)?;
        room.is_busy = true;
        room.is_spoken_of = true;
        self.room_jobs += 1;
        Some(room.owner_job(id))
    }

    fn poll_partitions(&mut self, now: Timestamp) -> Option<Job> {
        let is_due = |partition: &Partition| partition.next_at() <= now;
        let mut partitions = self.partitions.iter_mut();
        let (name, partition) = partitions.find(|(_, partition)| is_due(partition))?;
        let name = name.clone();
        partition.is_busy = true;
        let due = partition.take_due(now, BATCH_MAX);
        if due.is_empty() {
            let rooms = partition.next_to_assert(TOUCHED_MAX);
            return Some(self.touch(name, &rooms));
        }
        Some(Job::Publish(self.batch(name, &due, now)))
    }

    fn batch(&mut self, name: Arc<str>, due: &[RoomId], now: Timestamp) -> Batch {
        let mut batch = Batch::new(name);
        for id in due {
            if let Some(room) = self.rooms.get_mut(id)
                && let Some(title) = room.title
            {
                room.sent_at = Some(now);
                batch.add(*id, room, title);
            }
        }
        batch
    }

    fn touch(&self, name: Arc<str>, rooms: &[RoomId]) -> Job {
        let touched = rooms.iter().filter_map(|id| {
            let room = self.rooms.get(id).filter(|room| room.record.is_some())?;
            Some(Touched {
                room: *id,
                epoch: room.title?.epoch,
                version: room.told_version?,
            })
        });
        let touched = touched.collect();
        Job::Touch(name, touched)
    }

    /// Has the room told of, as soon as it may.
    fn queue(&mut self, id: RoomId, is_urgent: bool) {
        let Some(room) = self.rooms.get(&id) else {
            return;
        };
        let paced = room.sent_at.map(|sent_at| sent_at.after(self.pace.publish));
        let due = paced.filter(|_| !is_urgent).unwrap_or_default();
        if let Some(partition) = self.partitions.get_mut(&room.name)
            && room.stage == Stage::Owned
        {
            partition.queue(id, due);
        }
    }

    fn reschedule(&mut self, id: RoomId, at: Timestamp) {
        if let Some(room) = self.rooms.get_mut(&id) {
            self.owned.remove(&(room.owner_at, id));
            room.owner_at = at;
            if !room.is_busy {
                self.owned.insert((at, id));
            }
        }
    }

    fn forget(&mut self, id: RoomId) {
        let Some(room) = self.rooms.remove(&id) else {
            return;
        };
        self.owned.remove(&(room.owner_at, id));
        if let Some(partition) = self.partitions.get_mut(&room.name) {
            partition.remove(id);
            if partition.is_empty() {
                self.partitions.remove(&room.name);
            }
        }
        self.tickets.extend(room.ticket);
    }
}

/// The pause after so many failures in a row.
fn pause(retry: Duration, failures: u32) -> Duration {
    const DOUBLED_MAX: u32 = 4;
    retry * (1 << failures.saturating_sub(1).min(DOUBLED_MAX))
}

#[cfg(test)]
mod tests;
