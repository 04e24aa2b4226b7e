//! The rooms of one name and filter: their free seats, the one request that creates a further
//! room, and the requests that wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downbeat_schemas::id::RoomId;

use crate::claim::{HoldId, TicketId};
use crate::open::OpenRooms;
use crate::{Mode, Query, RoomRecord};

/// Rises with each request that has to wait: the first to wait is the first to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WaiterId(pub(crate) u64);

/// See the module.
#[derive(Debug)]
pub(crate) struct Lobby {
    rooms: BTreeMap<RoomId, Room>,
    open: OpenRooms,
    /// Who creates a room now.
    pub(crate) ticket: Option<TicketId>,
    /// Who waits for that.
    pub(crate) waiting: BTreeMap<WaiterId, Query>,
}

/// What a lobby says to a query.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Here; the seat is held now.
    Room(Arc<RoomRecord>),
    /// No room fits.
    Nothing,
    /// No room fits and nobody creates one: do it, with the lobby's ticket.
    Create,
    /// Somebody creates one.
    Wait,
}

impl Lobby {
    pub(crate) fn new() -> Self {
        Self {
            rooms: BTreeMap::new(),
            open: OpenRooms::new(),
            ticket: None,
            waiting: BTreeMap::new(),
        }
    }

    /// Whether nothing would be lost with it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.ticket.is_none() && self.waiting.is_empty()
    }

    /// Answers a query; a seat that is found is held under the name of `hold`.
    pub(crate) fn answer(&mut self, query: &Query, hold: HoldId) -> Answer {
        if let Some(record) = self.hold_seat(query, hold) {
            return Answer::Room(record);
        }
        match query.mode {
            Mode::Join => Answer::Nothing,
            Mode::JoinOrCreate if self.ticket.is_none() => Answer::Create,
            Mode::JoinOrCreate => Answer::Wait,
        }
    }

    /// Whether an answer other than [`Answer::Wait`] is possible at all.
    pub(crate) fn can_answer(&self) -> bool {
        self.ticket.is_none() || !self.open.is_empty()
    }

    /// Adds a room that is not here, with the seats held in it.
    pub(crate) fn add(&mut self, record: Arc<RoomRecord>, holds: BTreeSet<HoldId>) {
        self.insert(Room { record, holds });
    }

    /// Takes a room out; what was held in it.
    pub(crate) fn take_out(&mut self, room: RoomId) -> BTreeSet<HoldId> {
        self.remove(room).map(|room| room.holds).unwrap_or_default()
    }

    /// Frees a held seat.
    pub(crate) fn release(&mut self, room: RoomId, hold: HoldId) {
        if let Some(mut room) = self.remove(room) {
            room.holds.remove(&hold);
            self.insert(room);
        }
    }

    pub(crate) fn record(&self, room: RoomId) -> Option<&Arc<RoomRecord>> {
        self.rooms.get(&room).map(|room| &room.record)
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Arc<RoomRecord>> {
        self.rooms.values().map(|room| &room.record)
    }

    fn hold_seat(&mut self, query: &Query, hold: HoldId) -> Option<Arc<RoomRecord>> {
        if !self.open.knows(&query.sort_by) {
            let open = self.rooms.values().filter(|room| room.is_open());
            let open = open.map(|room| (&*room.record, room.taken()));
            self.open.learn(&query.sort_by, open);
        }
        let room = self.open.first(&query.sort_by, &query.exclude)?;
        let mut room = self.remove(room)?;
        let record = room.record.clone();
        room.holds.insert(hold);
        self.insert(room);
        Some(record)
    }

    fn insert(&mut self, room: Room) {
        if room.is_open() {
            self.open.insert(&room.record, room.taken());
        }
        self.rooms.insert(room.record.room, room);
    }

    /// Takes a room out to change it: its places in the index depend on what it holds.
    fn remove(&mut self, room: RoomId) -> Option<Room> {
        let room = self.rooms.remove(&room)?;
        if room.is_open() {
            self.open.remove(&room.record, room.taken());
        }
        Some(room)
    }
}

#[derive(Debug)]
struct Room {
    record: Arc<RoomRecord>,
    holds: BTreeSet<HoldId>,
}

impl Room {
    fn taken(&self) -> u32 {
        let held = u32::try_from(self.holds.len()).unwrap_or(u32::MAX);
        self.record.clients.saturating_add(held)
    }

    fn is_open(&self) -> bool {
        !self.record.locked && !self.record.private && self.taken() < self.record.clients_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use crate::{Filter, Order, SortBy, SortField};

    fn query(mode: Mode) -> Query {
        Query {
            name: "arena".into(),
            filter: Filter::default(),
            sort_by: SortBy::default(),
            exclude: Vec::new(),
            mode,
        }
    }

    /// Asks once per expected room, 0 for none, in a lobby of rooms with
    /// (clients, clients_max, locked, private), numbered from 1.
    fn check(rooms: &[(u32, u32, bool, bool)], query: &Query, expected: &[u64]) {
        let mut lobby = Lobby::new();
        for (room, &(clients, clients_max, locked, private)) in (1..).zip(rooms) {
            let record = RoomRecord {
                clients,
                locked,
                private,
                ..record(room, clients_max)
            };
            lobby.add(Arc::new(record), BTreeSet::new());
        }
        let found: Vec<u64> = (0..expected.len())
            .map(|ask| match lobby.answer(query, HoldId(ask as u128)) {
                Answer::Room(record) => record.room.0,
                Answer::Nothing | Answer::Create | Answer::Wait => 0,
            })
            .collect();
        assert_eq!(found, expected, "{rooms:?} {query:?}");
    }

    #[test]
    fn only_rooms_that_may_be_joined_are_found() {
        let join = query(Mode::Join);
        check(&[], &join, &[0]);
        check(&[(2, 2, false, false), (0, 0, false, false)], &join, &[0]);
        check(&[(0, 2, true, false), (0, 2, false, true)], &join, &[0]);
        check(
            &[(3, 2, false, false), (1, 2, false, false)],
            &join,
            &[2, 0],
        );
    }

    #[test]
    fn held_seats_are_not_given_twice() {
        let rooms = [(1, 3, false, false), (0, 1, false, false)];
        check(&rooms, &query(Mode::Join), &[1, 1, 2, 0]);
    }

    #[test]
    fn excluded_rooms_are_passed_over() {
        let rooms = [(0, 1, false, false), (0, 1, false, false)];
        let mut join = query(Mode::Join);
        join.exclude.push(RoomId(1));
        check(&rooms, &join, &[2, 0]);
    }

    #[test]
    fn held_seats_count_in_the_order_of_clients() {
        let rooms = [(0, 9, false, false), (1, 9, false, false)];
        let mut join = query(Mode::Join);
        join.sort_by = SortBy::default().then(SortField::Clients, Order::Ascending);
        check(&rooms, &join, &[1, 1, 2, 1, 2]);
        join.sort_by = SortBy::default().then(SortField::Clients, Order::Descending);
        check(&rooms, &join, &[2, 2, 2]);
    }

    #[test]
    fn one_creates_and_the_others_wait() {
        let mut lobby = Lobby::new();
        let create = query(Mode::JoinOrCreate);
        assert!(matches!(lobby.answer(&create, HoldId(1)), Answer::Create));
        lobby.ticket = Some(TicketId(1));
        assert!(!lobby.can_answer());
        assert!(matches!(lobby.answer(&create, HoldId(2)), Answer::Wait));
        let join = query(Mode::Join);
        assert!(matches!(lobby.answer(&join, HoldId(3)), Answer::Nothing));
    }

    #[test]
    fn a_released_seat_and_a_changed_record_open_a_room_again() {
        let mut lobby = Lobby::new();
        let join = query(Mode::Join);
        lobby.add(Arc::new(record(1, 1)), BTreeSet::new());
        assert!(matches!(lobby.answer(&join, HoldId(1)), Answer::Room(_)));
        assert!(matches!(lobby.answer(&join, HoldId(2)), Answer::Nothing));
        lobby.release(RoomId(1), HoldId(1));
        assert!(matches!(lobby.answer(&join, HoldId(3)), Answer::Room(_)));
        let holds = lobby.take_out(RoomId(1));
        lobby.add(Arc::new(record(1, 2)), holds);
        assert!(matches!(lobby.answer(&join, HoldId(4)), Answer::Room(_)));
        assert_eq!(lobby.take_out(RoomId(1)).len(), 2);
    }
}
