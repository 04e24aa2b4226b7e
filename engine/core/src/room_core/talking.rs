//! Everything that goes out.

use downbeat_schemas::PROTOCOL;
use downbeat_schemas::server::{RowsHead, RowsKind, ServerMessage, Stamp, Welcome};

use super::RoomCore;
use crate::ctx::Ctx;
use crate::guard::guarded;
use crate::host::{Hook, Outlet, Part, PatchSizes};
use crate::room::Room;
use crate::seat::Seat;
use crate::{Composed, Replicator};

/// What the rows of clients are written with. The memory is kept from patch to patch.
pub(super) struct RowsTalk {
    snapshot: RowsHead,
    patch: RowsHead,
    /// The head of one message.
    head: Vec<u8>,
    parts: Vec<Part<'static>>,
    /// Changes were collected at this moment and are not handed out.
    collected: Option<Stamp>,
}

impl RowsTalk {
    pub(super) fn new() -> Self {
        Self {
            snapshot: RowsHead::new(RowsKind::Snapshot),
            patch: RowsHead::new(RowsKind::Patch),
            head: Vec::new(),
            parts: Vec::new(),
            collected: None,
        }
    }

    pub(super) const fn pending(&self) -> bool {
        self.collected.is_some()
    }

    pub(super) const fn forget(&mut self) {
        self.collected = None;
    }

    /// Writes what one client gets for the patch last collected.
    fn tell<R: Room>(
        &mut self,
        room: &R,
        replicator: &mut Replicator,
        seat: &mut Seat,
        stamp: Stamp,
        sizes: &mut PatchSizes,
        outlet: &mut dyn Outlet,
    ) {
        let (Some(to), Some(viewer), false) = (seat.listener(), seat.viewer, seat.paused) else {
            return;
        };
        let composed = replicator.compose(room, viewer);
        if composed.is_none() && seat.acked == seat.acked_sent {
            return;
        }
        seat.acked_sent = seat.acked;
        let acked_input = seat.acked;
        let stamp = Stamp {
            acked_input,
            ..stamp
        };
        let Composed {
            kind,
            parts: rows,
            rows_len,
        } = composed.unwrap_or(NO_ROWS);
        let head = match kind {
            RowsKind::Snapshot => &self.snapshot,
            RowsKind::Patch => &self.patch,
        };
        self.head.clear();
        head.write(&mut self.head, stamp, rows_len);
        let mut parts = recycle(std::mem::take(&mut self.parts));
        parts.push(Part::Own(&self.head));
        parts.extend(rows.iter().map(Part::Shared));
        sizes.note((self.head.len() + rows_len) as u64);
        outlet.send(to, &parts);
        self.parts = recycle(parts);
    }
}

/// A patch that only tells a client how far its inputs came.
const NO_ROWS: Composed<'static> = Composed {
    kind: RowsKind::Patch,
    parts: &[],
    rows_len: 0,
};

/// The memory of a vector for elements of another lifetime: collecting from a vector's own
/// iterator takes its allocation over.
fn recycle<'to>(mut parts: Vec<Part<'_>>) -> Vec<Part<'to>> {
    parts.clear();
    let none = parts.into_iter().map(|_| Part::Own(&[]));
    none.collect()
}

impl<R: Room> RoomCore<R> {
    /// Events and closes in the order in which they were said, then messages of topics, then rows.
    pub(super) fn hand_out(&mut self, outlet: &mut dyn Outlet) {
        self.ctx.talk.flush(outlet);
        self.ctx.published.flush(outlet);
        let Some(stamp) = self.rows.collected.take() else {
            return;
        };
        let Self {
            room, ctx, rows, ..
        } = self;
        let Ctx {
            seats,
            replicator,
            counters,
            ..
        } = ctx;
        let told = guarded(|| {
            for seat in seats.iter_mut() {
                rows.tell(room, replicator, seat, stamp, &mut counters.patches, outlet);
            }
        });
        if let Err(message) = told {
            self.fail(Hook::Replicate, message);
            self.ctx.talk.flush(outlet);
        }
    }

    /// Collects what changed, once the former patch is handed out: until then changes add up.
    pub(super) fn collect_if_due(&mut self) {
        if !self.patch_due || self.rows.pending() {
            return;
        }
        self.patch_due = false;
        self.rows.collected = Some(self.stamp(0));
        self.call_alone(Hook::Replicate, |room, ctx| ctx.replicator.collect(room));
    }

    /// The first word to a connection: from here on it is spoken to.
    pub(super) fn welcome(&mut self, slot: u32) {
        self.ctx.seats.welcome(slot);
        let Some(seat) = self.ctx.seats.at(slot) else {
            return;
        };
        let (session, token, acked) = (seat.session, seat.token, seat.acked);
        let connection = seat.connection;
        let welcome = Welcome {
            protocol: PROTOCOL,
            session,
            reconnection_token: token,
            room: self.ctx.room,
            room_name: self.ctx.name.to_string(),
            tick_hz: R::CONFIG.tick_hz,
            patch_every: R::CONFIG.patch_every,
            stamp: self.stamp(acked),
            schema: self.schema.clone(),
        };
        if let Some(to) = connection {
            let message = ServerMessage::Welcome(Box::new(welcome));
            self.ctx.talk.send(to, &message);
        }
    }

    const fn stamp(&self, acked_input: u32) -> Stamp {
        Stamp {
            server_time_us: self.ctx.now.as_micros(),
            tick: self.ctx.tick.on_wire(),
            acked_input,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_survives_recycling() {
        let parts = Vec::<Part<'_>>::with_capacity(9);
        let place = parts.as_ptr().cast::<u8>();
        let recycled = recycle(parts);
        assert_eq!((recycled.capacity(), recycled.as_ptr().cast()), (9, place));
    }
}
