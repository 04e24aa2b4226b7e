//! All lobbies: what is promised to whom until when, and who is answered next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::claim::{HoldId, TicketId, TicketPass};
use crate::lobby::{Answer, Lobby, WaiterId};
use crate::{Counts, Filter, FindError, Query, RoomRecord};

/// The deciding half of a registry. Answers of those who wait are put aside under their ids, until
/// [`take_answer`](Self::take_answer) or [`cancel`](Self::cancel) fetches them.
///
/// Ids rise and promises of one kind live equally long, so the first in a map is the next to expire.
#[derive(Debug)]
pub(crate) struct Board {
    bounds: Bounds,
    /// The latest time that any call has told.
    now: Timestamp,
    last_id: u64,
    stopped: bool,
    lobbies: BTreeMap<Key, Lobby>,
    rooms: BTreeMap<RoomId, Key>,
    holds: BTreeMap<HoldId, Held>,
    tickets: BTreeMap<TicketId, Creating>,
    waiting: BTreeMap<WaiterId, Key>,
    answers: BTreeMap<WaiterId, Result<Grant, FindError>>,
    /// Whose answer was put aside since [`take_answered`](Self::take_answered).
    answered: Vec<WaiterId>,
    hit: Counts,
}

/// What a query gets at once.
#[derive(Debug)]
pub(crate) enum Outcome {
    Granted(Grant),
    Waits(WaiterId),
}

/// An answer, by ids: the claims that end with their owner are made of it outside of the lock.
#[derive(Debug)]
pub(crate) enum Grant {
    Room {
        record: Arc<RoomRecord>,
        hold: HoldId,
    },
    Nothing,
    Create(TicketPass),
}

impl Board {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bounds: Bounds::new(limits),
            now: Timestamp::default(),
            last_id: 0,
            stopped: false,
            lobbies: BTreeMap::new(),
            rooms: BTreeMap::new(),
            holds: BTreeMap::new(),
            tickets: BTreeMap::new(),
            waiting: BTreeMap::new(),
            answers: BTreeMap::new(),
            answered: Vec::new(),
            hit: Counts::default(),
        }
    }

    /// Takes a new or changed record, in which the `settled` holds are counted, and ends the ticket
    /// that the room was created with.
    pub(crate) fn publish(
        &mut self,
        record: RoomRecord,
        settled: &[HoldId],
        ticket: Option<TicketId>,
    ) {
        for hold in settled {
            self.end_hold(*hold);
        }
        let key = Key::of(&record);
        let former = self.rooms.insert(record.room, key.clone());
        let holds = former.map(|former| self.take_out(record.room, &former));
        self.lobby(&key)
            .add(Arc::new(record), holds.unwrap_or_default());
        self.serve(&key);
        if let Some(ticket) = ticket {
            self.finish(ticket);
        }
    }

    pub(crate) fn withdraw(&mut self, room: RoomId) {
        let Some(key) = self.rooms.remove(&room) else {
            return;
        };
        for hold in self.take_out(room, &key) {
            self.holds.remove(&hold);
        }
    }

    pub(crate) fn locate(&self, room: RoomId) -> Option<Arc<RoomRecord>> {
        let key = self.rooms.get(&room)?;
        self.lobbies.get(key)?.record(room).cloned()
    }

    /// The records of the rooms of a name, or all, in no order.
    pub(crate) fn list(&self, name: Option<&str>) -> Vec<Arc<RoomRecord>> {
        self.lobbies
            .iter()
            .filter(|(key, _)| name.is_none_or(|name| *key.name == *name))
            .flat_map(|(_, lobby)| lobby.records().cloned())
            .collect()
    }

    pub(crate) fn find(&mut self, query: Query, now: Timestamp) -> Result<Outcome, FindError> {
        self.now = self.now.max(now);
        if self.stopped {
            return Err(FindError::Stopped);
        }
        let key = Key {
            name: query.name.clone(),
            filter: query.filter.clone(),
        };
        let outcome = match self.answer(&key, &query) {
            Some(grant) => Ok(Outcome::Granted(grant)),
            None => self.wait(&key, query).map(Outcome::Waits),
        };
        self.drop_if_empty(&key);
        outcome
    }

    /// The seat of a hold is free again, unless it was settled or expired before.
    pub(crate) fn release(&mut self, hold: HoldId) {
        if let Some(key) = self.end_hold(hold) {
            self.serve(&key);
        }
    }

    /// A ticket's request has published a room or failed.
    pub(crate) fn finish(&mut self, ticket: TicketId) {
        if let Some(creating) = self.tickets.remove(&ticket) {
            self.lobby(&creating.key).ticket = None;
            self.serve(&creating.key);
        }
    }

    /// A request that waits is given up; what it may have been granted goes to others.
    pub(crate) fn cancel(&mut self, waiter: WaiterId) {
        match self.answers.remove(&waiter) {
            Some(Ok(Grant::Room { hold, .. })) => self.release(hold),
            Some(Ok(Grant::Create(ticket))) => self.finish(ticket.id),
            Some(Ok(Grant::Nothing) | Err(_)) => {}
            None => {
                if let Some(key) = self.waiting.remove(&waiter) {
                    self.lobby(&key).waiting.remove(&waiter);
                }
            }
        }
    }

    /// The answer of a request that waited, once.
    pub(crate) fn take_answer(&mut self, waiter: WaiterId) -> Option<Result<Grant, FindError>> {
        self.answers.remove(&waiter)
    }

    /// Those who are to be woken.
    pub(crate) fn take_answered(&mut self) -> Vec<WaiterId> {
        std::mem::take(&mut self.answered)
    }

    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some((&hold, held)) = self.holds.first_key_value()
            && held.expires_at <= self.now
        {
            self.hit.holds_expired += 1;
            self.release(hold);
        }
        while let Some((&ticket, creating)) = self.tickets.first_key_value()
            && creating.expires_at <= self.now
        {
            self.hit.tickets_expired += 1;
            self.finish(ticket);
        }
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        for (waiter, key) in std::mem::take(&mut self.waiting) {
            self.lobby(&key).waiting.remove(&waiter);
            self.put_aside(waiter, Err(FindError::Stopped));
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            rooms: self.rooms.len() as u64,
            holds: self.holds.len() as u64,
            tickets: self.tickets.len() as u64,
            waiting: self.waiting.len() as u64,
            ..self.hit
        }
    }

    /// Answers a query if it need not wait.
    fn answer(&mut self, key: &Key, query: &Query) -> Option<Grant> {
        let hold = HoldId(self.next_id().into());
        let ticket = TicketId(self.next_id().into());
        let lobby = self.lobby(key);
        match lobby.answer(query, hold) {
            Answer::Room(record) => {
                let room = record.room;
                let expires_at = self.now.after(self.bounds.hold_time);
                self.holds.insert(hold, Held { room, expires_at });
                Some(Grant::Room { record, hold })
            }
            Answer::Nothing => Some(Grant::Nothing),
            Answer::Create => {
                lobby.ticket = Some(ticket);
                let pass = TicketPass {
                    name: key.name.clone(),
                    filter: key.filter.clone(),
                    id: ticket,
                };
                let key = key.clone();
                let expires_at = self.now.after(self.bounds.create_time);
                self.tickets.insert(ticket, Creating { key, expires_at });
                Some(Grant::Create(pass))
            }
            Answer::Wait => None,
        }
    }

    fn wait(&mut self, key: &Key, query: Query) -> Result<WaiterId, FindError> {
        let waiting = self.waiting.len() as u64;
        if waiting >= self.bounds.waiting_max {
            self.hit.finds_refused += 1;
            return Err(FindError::Crowded { waiting });
        }
        let waiter = WaiterId(self.next_id());
        self.waiting.insert(waiter, key.clone());
        self.lobby(key).waiting.insert(waiter, query);
        Ok(waiter)
    }

    /// Answers those who wait, first come, first served, as far as there is an answer.
    fn serve(&mut self, key: &Key) {
        // Those who stay: every open room has refused them.
        let mut unserved = BTreeMap::new();
        while self.lobby(key).can_answer()
            && let Some((waiter, query)) = self.lobby(key).waiting.pop_first()
        {
            match self.answer(key, &query) {
                Some(grant) => {
                    self.waiting.remove(&waiter);
                    self.put_aside(waiter, Ok(grant));
                }
                None => {
                    unserved.insert(waiter, query);
                }
            }
        }
        let lobby = self.lobby(key);
        lobby.waiting.append(&mut unserved);
        assert!(
            lobby.waiting.is_empty() || lobby.ticket.is_some(),
            "who waits, waits for a ticket"
        );
        self.drop_if_empty(key);
    }

    fn put_aside(&mut self, waiter: WaiterId, answer: Result<Grant, FindError>) {
        self.answers.insert(waiter, answer);
        self.answered.push(waiter);
    }

    /// Takes a room out of its lobby; what was held in it.
    fn take_out(&mut self, room: RoomId, key: &Key) -> BTreeSet<HoldId> {
        let holds = self.lobby(key).take_out(room);
        self.drop_if_empty(key);
        holds
    }

    /// Takes a hold back; the lobby where a seat got free by it.
    fn end_hold(&mut self, hold: HoldId) -> Option<Key> {
        let held = self.holds.remove(&hold)?;
        let key = self.rooms.get(&held.room)?.clone();
        self.lobby(&key).release(held.room, hold);
        Some(key)
    }

    fn lobby(&mut self, key: &Key) -> &mut Lobby {
        self.lobbies.entry(key.clone()).or_insert_with(Lobby::new)
    }

    fn drop_if_empty(&mut self, key: &Key) {
        if self.lobbies.get(key).is_some_and(Lobby::is_empty) {
            self.lobbies.remove(key);
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// The limits as the board uses them.
#[derive(Debug)]
struct Bounds {
    hold_time: Duration,
    create_time: Duration,
    waiting_max: u64,
}

impl Bounds {
    fn new(limits: &Limits) -> Self {
        Self {
            hold_time: Duration::from_millis(limits.matchmake_timeout_ms),
            create_time: Duration::from_millis(limits.create_timeout_ms),
            waiting_max: limits.finds_waiting_max,
        }
    }
}

/// Names a lobby.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: Arc<str>,
    filter: Filter,
}

impl Key {
    fn of(record: &RoomRecord) -> Self {
        Self {
            name: record.name.clone(),
            filter: record.filter.clone(),
        }
    }
}

#[derive(Debug)]
struct Held {
    room: RoomId,
    expires_at: Timestamp,
}

#[derive(Debug)]
struct Creating {
    key: Key,
    expires_at: Timestamp,
}
