//! A room and its hub: says numbered things to its clients, and checks what they say.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use downbeat_cluster::relay::{Hub, Refusal, Standing, Turn, Up};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, Epoch, RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::RowsKind;
use downbeat_schemas::time::Timestamp;

use super::log::Log;
use super::random::Random;
use super::words::{Said, What, event, head, rows, welcome};

pub(crate) struct Owner {
    pub(crate) hub: Hub,
    seats: BTreeMap<ConnectionId, Seat>,
    closed: BTreeSet<ConnectionId>,
    /// What each session said, by the number of the last message.
    pub(crate) received: BTreeMap<SessionId, u64>,
    version: u64,
    last_id: u64,
    turns: Vec<Turn>,
}

struct Seat {
    session: SessionId,
    is_welcomed: bool,
    is_paused: bool,
    /// The version that the client has after all that was said to it; none before a snapshot.
    version: Option<u64>,
    /// Its snapshot comes one patch late: that patch is not for a client that lost something.
    snapshot_is_late: bool,
    /// A former owner may have heard more of it, or less.
    may_skip: bool,
}

impl Owner {
    /// `received`: the sessions that come along from a former owner.
    pub(crate) fn new(epoch: Epoch, limits: &Limits, received: BTreeMap<SessionId, u64>) -> Self {
        Self {
            hub: Hub::new(RoomId(1), epoch, limits),
            seats: BTreeMap::new(),
            closed: BTreeSet::new(),
            received,
            version: 1,
            last_id: 0,
            turns: Vec::new(),
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.hub.epoch()
    }

    pub(crate) fn accept(
        &mut self,
        now: Timestamp,
        bytes: &Bytes,
        random: &mut Random,
        log: &mut Log,
    ) {
        let letter = Up::decode(bytes).unwrap();
        let mut turns = std::mem::take(&mut self.turns);
        let last_id = &mut self.last_id;
        let mut next_id = || {
            *last_id += 1;
            ConnectionId(*last_id)
        };
        let accepted = self.hub.accept(now, &letter, &mut next_id, &mut turns);
        if let Err(Refusal::OtherRoom(room)) = accepted {
            log.wrong(format!("a letter for room {room}"));
        }
        self.apply(&mut turns, random, log);
        self.turns = turns;
    }

    /// What is due without a letter.
    pub(crate) fn expire(&mut self, now: Timestamp, random: &mut Random, log: &mut Log) {
        if now < self.hub.deadline() {
            return;
        }
        let mut turns = std::mem::take(&mut self.turns);
        self.hub.expire(now, &mut turns);
        self.apply(&mut turns, random, log);
        self.turns = turns;
    }

    fn apply(&mut self, turns: &mut Vec<Turn>, random: &mut Random, log: &mut Log) {
        for turn in turns.drain(..) {
            match turn {
                Turn::Connect {
                    connection,
                    session,
                    standing,
                    ..
                } => self.connect(connection, session, standing, random, log),
                turn => self.apply_to_seat(turn, log),
            }
        }
    }

    fn apply_to_seat(&mut self, turn: Turn, log: &mut Log) {
        let (Turn::Connect { connection, .. }
        | Turn::Message { connection, .. }
        | Turn::Lost { connection, .. }
        | Turn::Pause { connection }
        | Turn::Resync { connection }) = turn;
        let Some(seat) = self.seats.get_mut(&connection) else {
            // It was in the same letter as what made the room close it.
            if !self.closed.contains(&connection) {
                log.wrong(format!("{turn:?} of nobody"));
            }
            return;
        };
        match turn {
            Turn::Message { bytes, .. } => self.receive(connection, &bytes, log),
            Turn::Lost { .. } => drop(self.seats.remove(&connection)),
            Turn::Pause { .. } => seat.is_paused = true,
            Turn::Resync { .. } => {
                // Every other time, if it is not paused.
                seat.snapshot_is_late = !seat.is_paused && seat.version.is_some_and(|v| v % 2 == 0);
                seat.is_paused = false;
                seat.version.take_if(|_| !seat.snapshot_is_late);
            }
            Turn::Connect { .. } => {}
        }
    }

    fn connect(
        &mut self,
        connection: ConnectionId,
        session: SessionId,
        standing: Standing,
        random: &mut Random,
        log: &mut Log,
    ) {
        if !log.connects(self.epoch(), session) {
            log.wrong(format!("{session} connected twice"));
        }
        let came_along = self.received.contains_key(&session);
        let is_refused = match standing {
            Standing::New => came_along || random.one_in(12),
            Standing::Unsure => !came_along && random.one_in(12),
            Standing::Welcomed => !came_along,
        };
        if is_refused {
            let close = (CloseCode::SeatExpired, "no such seat");
            log.closes(self.epoch(), session, close.0);
            self.hub.close(connection, close.0, close.1);
            self.closed.insert(connection);
            return;
        }
        self.received.entry(session).or_default();
        let seat = Seat {
            session,
            is_welcomed: standing == Standing::Welcomed,
            is_paused: false,
            version: (standing == Standing::Welcomed).then_some(self.version),
            snapshot_is_late: standing == Standing::Welcomed,
            may_skip: standing != Standing::New,
        };
        self.seats.insert(connection, seat);
    }

    fn receive(&mut self, connection: ConnectionId, bytes: &[u8], log: &mut Log) {
        let seat = self.seats.get_mut(&connection);
        let seat = seat.expect("a message of a connection that is there");
        let number = u64::from_le_bytes(*bytes.first_chunk().unwrap());
        let last = self.received.entry(seat.session).or_default();
        let may_skip = std::mem::take(&mut seat.may_skip);
        if number <= *last || number > *last + 1 && !may_skip {
            log.wrong(format!("{}: message {number} after {last}", seat.session));
        }
        *last = number;
    }

    /// A tick: who is new is welcomed, events, then rows. Sometimes someone is sent away.
    pub(crate) fn tick(&mut self, random: &mut Random, log: &mut Log) {
        self.welcome_all(log);
        for _ in 0..random.below(3) {
            self.broadcast(random, log);
        }
        if random.one_in(40) {
            self.kick(random, log);
        }
        self.version += 1;
        let filler = random.below(900) as usize;
        let patch = rows(self.version - 1, self.version, filler);
        let snapshot = rows(0, self.version, 2 * filler);
        let (epoch, hub) = (self.hub.epoch(), &mut self.hub);
        let seats = self.seats.iter_mut();
        for (connection, seat) in seats.filter(|(_, seat)| seat.is_welcomed && !seat.is_paused) {
            let version = self.version;
            let (kind, rows, what) = match seat.version {
                Some(base) if base + 1 == version => {
                    (RowsKind::Patch, &patch, What::Patch { base, version })
                }
                _ => (RowsKind::Snapshot, &snapshot, What::Snapshot { version }),
            };
            let number = log.next_number();
            let head = head(kind, number, rows.len());
            hub.send(*connection, &[Part::Own(&head), Part::Shared(rows)]);
            log.says(epoch, seat.session, Said { number, what });
            let is_late = std::mem::take(&mut seat.snapshot_is_late);
            seat.version = (!is_late).then_some(version);
        }
    }

    fn welcome_all(&mut self, log: &mut Log) {
        let (epoch, hub) = (self.hub.epoch(), &mut self.hub);
        let seats = self.seats.iter_mut();
        for (connection, seat) in seats.filter(|(_, seat)| !seat.is_welcomed) {
            seat.is_welcomed = true;
            let (number, what) = (log.next_number(), What::Welcome);
            let message = welcome(number, seat.session);
            hub.send(*connection, &[Part::Own(&message)]);
            log.says(epoch, seat.session, Said { number, what });
        }
    }

    fn broadcast(&mut self, random: &mut Random, log: &mut Log) {
        let (number, what) = (log.next_number(), What::Event);
        let message = Bytes::from(event(number, random.below(200) as usize));
        let (epoch, hub) = (self.hub.epoch(), &mut self.hub);
        let seats = self.seats.iter();
        for (connection, seat) in seats.filter(|(_, seat)| seat.is_welcomed) {
            hub.send(*connection, &[Part::Shared(&message)]);
            log.says(epoch, seat.session, Said { number, what });
        }
    }

    fn kick(&mut self, random: &mut Random, log: &mut Log) {
        let all: Vec<_> = self.seats.keys().copied().collect();
        let Some(connection) = random.pick(&all) else {
            return;
        };
        if let Some(seat) = self.seats.remove(&connection) {
            log.closes(self.hub.epoch(), seat.session, CloseCode::Kicked);
            self.hub.close(connection, CloseCode::Kicked, "go away");
            self.closed.insert(connection);
        }
    }

    /// The sessions that sit, and the version that they should see if they are not paused.
    pub(crate) fn sitting(&self) -> BTreeMap<SessionId, Option<u64>> {
        let seats = self.seats.values();
        seats.map(|seat| (seat.session, seat.version)).collect()
    }
}
