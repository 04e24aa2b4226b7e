//! The game's code behind its wall, and those it sends away.

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, SessionId};

use super::RoomCore;
use crate::ctx::Ctx;
use crate::guard::guarded;
use crate::host::Hook;
use crate::room::{Leave, Room};
use crate::seat::Phase;

impl<R: Room> RoomCore<R> {
    /// Calls a hook, then lets those leave whom it sent away. None if the room does not run, or no
    /// longer.
    pub(super) fn call<T>(
        &mut self,
        hook: Hook,
        call: impl FnOnce(&mut R, &mut Ctx<R>) -> T,
    ) -> Option<T> {
        let returned = self.call_alone(hook, call);
        self.let_kicked_leave();
        returned
    }

    /// Calls a hook and nothing after it.
    pub(super) fn call_alone<T>(
        &mut self,
        hook: Hook,
        call: impl FnOnce(&mut R, &mut Ctx<R>) -> T,
    ) -> Option<T> {
        if !self.running() {
            return None;
        }
        let (room, ctx) = (&mut self.room, &mut self.ctx);
        match guarded(|| call(room, ctx)) {
            Ok(returned) => Some(returned),
            Err(message) => {
                self.fail(hook, message);
                None
            }
        }
    }

    /// Those whom a hook sent away, and whom `on_leave` of these sent away, and so on: each seat
    /// is freed once, so this ends.
    pub(super) fn let_kicked_leave(&mut self) {
        while let Some((session, reason)) = self.ctx.kicks.pop_front() {
            self.kick(session, &reason);
        }
    }

    /// The one way out for a session that joined: closes its connection with `code`, tells the
    /// game and frees the seat.
    pub(super) fn leave(&mut self, slot: u32, why: Leave, code: CloseCode, reason: &str) {
        let Some(session) = self.ctx.seats.at(slot).map(|seat| seat.session) else {
            return;
        };
        if let Some(connection) = self.ctx.seats.detach(slot, Phase::Gone) {
            self.ctx.talk.close(connection, code, reason);
        }
        self.ctx.counters.leaves += 1;
        self.call_alone(Hook::OnLeave, |room, ctx| room.on_leave(session, why, ctx));
        self.release(slot);
    }

    /// Answers a client that left.
    pub(super) fn say_goodbye(&mut self, connection: Option<ConnectionId>) {
        if let Some(connection) = connection {
            self.ctx.talk.close(connection, CloseCode::Consented, "");
        }
    }

    fn kick(&mut self, session: SessionId, reason: &str) {
        if self.ctx.seats.joined(session).is_some()
            && let Some(slot) = self.ctx.seats.slot_of(session)
        {
            self.leave(slot, Leave::Kicked, CloseCode::Kicked, reason);
        }
    }
}
