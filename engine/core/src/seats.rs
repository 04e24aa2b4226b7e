//! The seats of a room: who is expected, who is here, who may come back.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::host::{Reservation, SeatIndex, Seated};
use crate::seat::{Phase, Seat};

/// A slab of seats, found by session, by index and by the time at which they end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seats {
    slots: Vec<Option<Seat>>,
    free: Vec<u32>,
    by_session: BTreeMap<SessionId, u32>,
    expiries: BTreeSet<(Timestamp, u32)>,
    /// Counts connections, so that each use of a seat has a number of its own.
    usages: u64,
    /// Whether there was ever a seat.
    used: bool,
    /// Rises when the set of listeners changes: what was said to all before is not for newcomers.
    roster: u64,
}

impl Seats {
    pub(crate) fn len(&self) -> usize {
        self.by_session.len()
    }

    /// Whether there was ever a seat.
    pub(crate) const fn used(&self) -> bool {
        self.used
    }

    pub(crate) const fn roster(&self) -> u64 {
        self.roster
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.slots.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.slots.iter_mut().flatten()
    }

    /// The slots of all seats, for walks that change the seats on their way.
    pub(crate) fn slots(&self) -> Vec<u32> {
        let slots = 0..self.slots.len() as u32;
        slots.filter(|slot| self.at(*slot).is_some()).collect()
    }

    pub(crate) fn at(&self, slot: u32) -> Option<&Seat> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(crate) fn at_mut(&mut self, slot: u32) -> Option<&mut Seat> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    pub(crate) fn slot_of(&self, session: SessionId) -> Option<u32> {
        self.by_session.get(&session).copied()
    }

    /// The seat of a session that joined.
    pub(crate) fn joined(&self, session: SessionId) -> Option<&Seat> {
        let seat = self.at(self.slot_of(session)?)?;
        seat.joined().then_some(seat)
    }

    /// The seats that have a connection, as the shard knows them.
    pub(crate) fn seated(&self) -> impl Iterator<Item = Seated> {
        let slots = (0u32..).zip(&self.slots);
        slots.filter_map(|(slot, seat)| {
            let seat = seat.as_ref()?;
            Some(Seated {
                seat: SeatIndex {
                    slot,
                    usage: seat.usage,
                },
                session: seat.session,
                connection: seat.connection?,
            })
        })
    }

    /// The seat whose present connection has this index.
    pub(crate) fn connected(&self, index: SeatIndex) -> Option<&Seat> {
        let seat = self.at(index.slot)?;
        (seat.usage == index.usage && seat.connection.is_some()).then_some(seat)
    }

    pub(crate) fn connected_mut(&mut self, index: SeatIndex) -> Option<&mut Seat> {
        let seat = self.at_mut(index.slot)?;
        (seat.usage == index.usage && seat.connection.is_some()).then_some(seat)
    }

    /// Makes a seat for a session that has none.
    pub(crate) fn reserve(&mut self, reservation: Reservation, until: Timestamp) {
        let seat = Seat {
            session: reservation.session,
            phase: Phase::Reserved { until },
            connection: None,
            usage: 0,
            token: reservation.token,
            next_token: None,
            held_until: None,
            auth: reservation.auth,
            options: reservation.options,
            viewer: None,
            welcomed: false,
            paused: false,
            acked: 0,
            acked_sent: 0,
            waiting: 0,
        };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        let former = self.by_session.insert(reservation.session, slot);
        assert!(former.is_none(), "a session has one seat");
        self.slots[slot as usize] = Some(seat);
        self.expiries.insert((until, slot));
        self.used = true;
    }

    /// Gives a seat a connection and a phase that has one.
    pub(crate) fn attach(
        &mut self,
        slot: u32,
        connection: ConnectionId,
        phase: Phase,
    ) -> SeatIndex {
        self.usages += 1;
        let usage = self.usages;
        self.enter(slot, phase);
        let seat = self.seat_mut(slot);
        seat.connection = Some(connection);
        seat.usage = usage;
        (seat.welcomed, seat.paused) = (false, false);
        self.roster += 1;
        SeatIndex { slot, usage }
    }

    /// Takes a seat's connection away and gives it a phase that needs none.
    pub(crate) fn detach(&mut self, slot: u32, phase: Phase) -> Option<ConnectionId> {
        self.enter(slot, phase);
        let seat = self.seat_mut(slot);
        seat.welcomed = false;
        seat.held_until = None;
        let connection = seat.connection.take();
        self.roster += 1;
        connection
    }

    /// Changes the phase of a seat.
    pub(crate) fn enter(&mut self, slot: u32, phase: Phase) {
        let seat = self.seat_mut(slot);
        let former = seat.expiry();
        seat.phase = phase;
        let expiry = seat.expiry();
        if let Some(until) = former {
            self.expiries.remove(&(until, slot));
        }
        if let Some(until) = expiry {
            self.expiries.insert((until, slot));
        }
    }

    /// From here on the seat's connection is spoken to.
    pub(crate) fn welcome(&mut self, slot: u32) {
        self.seat_mut(slot).welcome();
        self.roster += 1;
    }

    /// The same socket under another id.
    pub(crate) fn rebind(&mut self, index: SeatIndex, connection: ConnectionId) {
        if let Some(seat) = self.connected_mut(index) {
            seat.connection = Some(connection);
            self.roster += 1;
        }
    }

    /// Frees a seat.
    pub(crate) fn release(&mut self, slot: u32) -> Option<Seat> {
        let seat = self.slots.get_mut(slot as usize)?.take()?;
        self.by_session.remove(&seat.session);
        if let Some(until) = seat.expiry() {
            self.expiries.remove(&(until, slot));
        }
        self.free.push(slot);
        self.roster += 1;
        Some(seat)
    }

    /// A seat whose time has come.
    pub(crate) fn expired(&self, now: Timestamp) -> Option<u32> {
        let (until, slot) = self.expiries.first()?;
        (*until <= now).then_some(*slot)
    }

    /// Whose seat `token` opens at `now`.
    pub(crate) fn reopened_by(
        &self,
        token: ReconnectionToken,
        now: Timestamp,
    ) -> Option<SessionId> {
        let mut seats = self.iter();
        let seat = seats.find(|seat| seat.token == token && seat.reopens(now))?;
        Some(seat.session)
    }

    pub(crate) fn invariants(&self) {
        let taken = self.slots.len() - self.free.len();
        assert_eq!(taken, self.by_session.len(), "each seat has its session");
        for (session, slot) in &self.by_session {
            let seat = self.at(*slot).expect("a session leads to its seat");
            assert_eq!(seat.session, *session, "a session leads to its seat");
            seat.invariants();
        }
        let expiring = self.iter().filter(|seat| seat.expiry().is_some());
        assert_eq!(expiring.count(), self.expiries.len(), "each end is known");
    }

    fn seat_mut(&mut self, slot: u32) -> &mut Seat {
        let seat = self.slots[slot as usize].as_mut();
        seat.expect("the slot comes from a seat that was not released since")
    }
}
