//! What an operator does to the room.

use downbeat_schemas::close::CloseCode;

use super::RoomCore;
use crate::host::Action;
use crate::room::{Leave, Room};

impl<R: Room> RoomCore<R> {
    /// False if there is nobody, or nothing, left to do it to.
    pub(super) fn take_action(&mut self, action: &Action) -> bool {
        if !self.running() {
            return false;
        }
        match action {
            Action::Lock => self.ctx.listing.locked = true,
            Action::Unlock => self.ctx.listing.locked = false,
            Action::Kick { session, reason } => {
                if self.ctx.seats.joined(*session).is_none() {
                    return false;
                }
                self.ctx.kicks.push_back((*session, reason.clone()));
                self.let_kicked_leave();
            }
            Action::Close { reason } => {
                self.end(Leave::Disposed, CloseCode::RoomDisposed, reason);
            }
        }
        true
    }
}
