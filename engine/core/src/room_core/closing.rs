//! The end, good or bad.

use std::time::Duration;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::time::Timestamp;

use super::RoomCore;
use crate::host::{Hook, RoomState};
use crate::room::{Leave, Room};
use crate::seats::Seats;

impl<R: Room> RoomCore<R> {
    /// Ends the room if its game wants it, or if it is empty and may end by itself.
    pub(super) fn end_if_over(&mut self) {
        if self.ctx.disposing || self.deserted() {
            let reason = "the room has ended";
            self.end(Leave::Disposed, CloseCode::RoomDisposed, reason);
        }
    }

    pub(super) fn end_for_shutdown(&mut self) {
        let reason = "the server is shutting down";
        self.end(Leave::ShuttingDown, CloseCode::ServerShutdown, reason);
    }

    /// A hook panicked. Its room may be half changed: nothing of it is called again.
    pub(super) fn fail(&mut self, hook: Hook, message: String) {
        self.ctx.counters.panics += 1;
        self.state = RoomState::Failed { hook, message };
        self.close_all(CloseCode::RoomFailed, "the room has failed");
    }

    /// Whether nobody is here who was, or nobody came in the time that a seat would have waited.
    fn deserted(&self) -> bool {
        let (seats, limits) = (&self.ctx.seats, &self.ctx.limits);
        let patience = Duration::from_millis(limits.seat_reservation_ms);
        let waited = seats.used() || self.ctx.now >= Timestamp(0).after(patience);
        self.ctx.listing.auto_dispose && seats.len() == 0 && waited
    }

    pub(super) fn end(&mut self, why: Leave, code: CloseCode, reason: &str) {
        for slot in self.ctx.seats.slots() {
            if self.ctx.seats.at(slot).is_some_and(|seat| seat.joined()) {
                self.leave(slot, why, code, reason);
            }
        }
        self.call_alone(Hook::OnDispose, |room, ctx| room.on_dispose(ctx));
        if self.running() {
            self.state = RoomState::Disposed;
            self.close_all(code, reason);
        }
    }

    /// Closes what is still open and forgets who was there.
    fn close_all(&mut self, code: CloseCode, reason: &str) {
        for seated in self.ctx.seats.seated() {
            self.ctx.talk.close(seated.connection, code, reason);
        }
        self.ctx.seats = Seats::default();
        self.ctx.kicks.clear();
        self.ctx.topics.clear();
        self.mailbox.clear();
        self.patch_due = false;
        self.rows.forget();
    }
}
