//! What an operator does to a room, from outside of its game.

use downbeat_schemas::id::SessionId;

/// What an operator does to a room. The game hears of it by the hooks that it has anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes nobody in from now on, as [`Ctx::lock`](crate::Ctx::lock) does.
    Lock,
    /// Takes clients in again.
    Unlock,
    /// Sends a client away: `on_leave`, close 4004.
    Kick {
        /// Whom.
        session: SessionId,
        /// What the client is told.
        reason: String,
    },
    /// Ends the room: `on_leave` of everybody, `on_dispose`, close 4003.
    Close {
        /// What clients are told.
        reason: String,
    },
}
