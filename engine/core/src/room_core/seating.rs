//! Who gets, keeps and gives up a seat.

use std::time::Duration;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::time::Timestamp;
use serde::Deserialize;

use super::RoomCore;
use crate::guard::guarded;
use crate::host::{ConnectError, Reservation, ReserveError, RoomSummary, SeatIndex};
use crate::mailbox::What;
use crate::room::Room;
use crate::seat::Phase;

impl<R: Room> RoomCore<R> {
    pub(super) fn reserve_seat(
        &mut self,
        now: Timestamp,
        reservation: Reservation,
    ) -> Result<(), ReserveError> {
        if !self.running() || self.ctx.disposing {
            return Err(ReserveError::Ended);
        }
        let listing = &self.ctx.listing;
        if listing.locked {
            return Err(ReserveError::Locked);
        }
        if self.ctx.seats.len() >= listing.clients_max as usize {
            let clients_max = listing.clients_max;
            return Err(ReserveError::Full { clients_max });
        }
        if self.ctx.seats.slot_of(reservation.session).is_some() {
            return Err(ReserveError::SessionTaken(reservation.session));
        }
        // Parsed here to tell the matchmaker, and again for `on_join`: the room keeps the JSON,
        // which it can freeze.
        check_options::<R>(&reservation.options)?;
        let lifetime = Duration::from_millis(self.ctx.limits.seat_reservation_ms);
        self.ctx.seats.reserve(reservation, now.after(lifetime));
        Ok(())
    }

    pub(super) fn claim_seat(
        &mut self,
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        let slot = self.slot_of(session)?;
        match self.ctx.seats.at(slot).map(|seat| seat.phase) {
            Some(Phase::Reserved { until }) if now < until => {}
            Some(Phase::Reserved { .. }) | None => return Err(ConnectError::NoSeat(session)),
            Some(_) => return Err(ConnectError::Claimed(session)),
        }
        let index = self.ctx.seats.attach(slot, connection, Phase::Joining);
        let usage = index.usage;
        self.mailbox.push(slot, session, What::Join { usage });
        Ok(index)
    }

    /// The slot of a seat that `token` opens.
    pub(super) fn reopened_slot(
        &self,
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
    ) -> Result<u32, ConnectError> {
        let slot = self.slot_of(session)?;
        let seat = self.ctx.seats.at(slot).filter(|seat| seat.reopens(now));
        let seat = seat.ok_or(ConnectError::NoSeat(session))?;
        if seat.token != token {
            return Err(ConnectError::WrongToken(session));
        }
        Ok(slot)
    }

    pub(super) fn reopen_seat(
        &mut self,
        slot: u32,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    ) -> SeatIndex {
        let seats = &mut self.ctx.seats;
        // Known to the game as held, if it has not heard of a connection that came since either.
        let held_until = seats
            .at(slot)
            .and_then(|seat| seat.held_until.or(seat.expiry()));
        if let Some(former) = seats.detach(slot, Phase::Dropped) {
            let reason = "the seat was opened by a newer connection";
            self.ctx.talk.close(former, CloseCode::Replaced, reason);
        }
        let index = seats.attach(slot, connection, Phase::Playing);
        if let Some(seat) = seats.at_mut(slot) {
            (seat.next_token, seat.held_until) = (Some(next_token), held_until);
            if let Some(viewer) = seat.viewer {
                self.ctx.replicator.request_snapshot(viewer);
            }
            let usage = index.usage;
            self.mailbox
                .push(slot, seat.session, What::Reconnect { usage });
        }
        index
    }

    /// A connection is gone.
    pub(super) fn lose_connection(&mut self, index: SeatIndex, consented: bool) {
        let Some(seat) = self.ctx.seats.connected(index) else {
            return;
        };
        let (slot, session) = (index.slot, seat.session);
        match (seat.phase, seat.held_until) {
            (Phase::Playing, _) if consented => {
                self.ctx.seats.detach(slot, Phase::Leaving);
                self.mailbox.push(slot, session, What::Leave);
            }
            // It came and went between two ticks: the game's word on the seat stands.
            (Phase::Playing, Some(until)) => {
                self.ctx.seats.detach(slot, Phase::Held { until });
            }
            (Phase::Playing, None) => {
                self.ctx.seats.detach(slot, Phase::Dropped);
                let usage = index.usage;
                self.mailbox.push(slot, session, What::Drop { usage });
            }
            (Phase::Leaving, _) => {
                self.ctx.seats.detach(slot, Phase::Leaving);
            }
            // The game has not heard of it and never will.
            _ => self.release(slot),
        }
    }

    /// A client says that it leaves.
    pub(super) fn begin_leaving(&mut self, index: SeatIndex) {
        let Some(seat) = self.ctx.seats.connected(index) else {
            return;
        };
        let (slot, session) = (index.slot, seat.session);
        if seat.joined() {
            self.ctx.seats.enter(slot, Phase::Leaving);
            self.mailbox.push(slot, session, What::Leave);
        } else {
            let connection = seat.connection;
            self.release(slot);
            self.say_goodbye(connection);
        }
    }

    /// Frees a seat whose session the game does not know, or no longer.
    pub(super) fn release(&mut self, slot: u32) {
        let seat = self.ctx.seats.release(slot);
        if let Some(viewer) = seat.and_then(|seat| seat.viewer) {
            self.ctx.replicator.remove_viewer(viewer);
        }
    }

    pub(super) fn present_summary(&self) -> RoomSummary {
        let listing = &self.ctx.listing;
        RoomSummary {
            clients: self.ctx.seats.len() as u32,
            clients_max: listing.clients_max,
            locked: listing.locked,
            private: listing.private,
            metadata: listing.metadata.clone(),
        }
    }

    fn slot_of(&self, session: SessionId) -> Result<u32, ConnectError> {
        if !self.running() {
            return Err(ConnectError::Ended);
        }
        let slot = self.ctx.seats.slot_of(session);
        slot.ok_or(ConnectError::NoSeat(session))
    }
}

fn check_options<R: Room>(options: &serde_json::Value) -> Result<(), ReserveError> {
    let parsed = guarded(|| R::Options::deserialize(options).map(drop));
    let parsed = parsed.map_err(ReserveError::Options)?;
    parsed.map_err(|error| ReserveError::Options(error.to_string()))
}
