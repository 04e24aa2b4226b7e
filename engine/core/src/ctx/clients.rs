//! Who is in the room, what they see, and how they go.

use std::time::Duration;

use downbeat_schemas::id::{GroupId, SessionId};

use super::Ctx;
use crate::room::Room;
use crate::seat::{Phase, Seat};
use crate::{WatchError, Watcher};

impl<R: Room> Ctx<R> {
    /// Everybody who joined and has not left, held seats included; in `on_leave` without the one
    /// that leaves. The order is that of the seats: arbitrary, but the same in each run from the
    /// same seed.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        let here = |seat: &&Seat| seat.joined() && seat.phase != Phase::Gone;
        self.seats.iter().filter(here).map(|seat| seat.session)
    }

    /// Whether a session joined and has a connection at this moment.
    pub fn is_connected(&self, session: SessionId) -> bool {
        let seat = self.seats.joined(session);
        seat.is_some_and(|seat| seat.connection.is_some())
    }

    /// What `on_auth` of the server returned for a session, if it joined; in `on_leave` too.
    pub fn auth(&self, session: SessionId) -> Option<&serde_json::Value> {
        self.seats.joined(session)?.auth.as_ref()
    }

    /// Lets a client see the rows of a group, from the next patch on. Nothing happens if it does
    /// already, or is not here.
    ///
    /// # Errors
    /// [`WatchError`] if it watches `watches_max` groups.
    pub fn watch(&mut self, session: SessionId, group: GroupId) -> Result<(), WatchError> {
        match self.seats.joined(session).and_then(|seat| seat.viewer) {
            Some(viewer) => self.replicator.watch(viewer, group),
            None => Ok(()),
        }
    }

    /// Takes the rows of a group out of a client's sight, with the next patch.
    pub fn unwatch(&mut self, session: SessionId, group: GroupId) {
        if let Some(viewer) = self.seats.joined(session).and_then(|seat| seat.viewer) {
            self.replicator.unwatch(viewer, group);
        }
    }

    /// Keeps the seat of a lost connection for its client to come back: to be called in `on_drop`,
    /// or later while the seat is held, to change the time.
    ///
    /// Cut to `hold_seat_max_ms`. Afterwards `on_leave` follows. Has no effect on a session that
    /// has a connection or is not here.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// use std::time::Duration;
    /// use downbeat::{Ctx, Room, SessionId};
    ///
    /// // The body of a game's `on_drop`.
    /// fn on_drop<R: Room>(session: SessionId, ctx: &mut Ctx<R>) {
    ///     ctx.hold_seat(session, Duration::from_secs(20));
    /// }
    /// ```
    pub fn hold_seat(&mut self, session: SessionId, duration: Duration) {
        let max = Duration::from_millis(self.limits.hold_seat_max_ms);
        let until = self.now.after(duration.min(max));
        let Some(slot) = self.seats.slot_of(session) else {
            return;
        };
        let phase = self.seats.at(slot).map(|seat| seat.phase);
        if let Some(Phase::Dropped | Phase::Held { .. }) = phase {
            self.seats.enter(slot, Phase::Held { until });
        }
    }

    /// Sends a client away: when the hook has returned, `on_leave` is called and the connection
    /// closed with 4004 and the first 123 bytes of `reason`. What was sent before still arrives.
    pub fn disconnect(&mut self, session: SessionId, reason: impl Into<String>) {
        self.kicks.push_back((session, reason.into()));
    }
}

impl<R: Room> Watcher for Ctx<R> {
    fn watch(&mut self, session: SessionId, group: GroupId) -> Result<(), WatchError> {
        Self::watch(self, session, group)
    }

    fn unwatch(&mut self, session: SessionId, group: GroupId) {
        Self::unwatch(self, session, group);
    }
}
