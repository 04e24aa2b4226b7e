//! The last step of a recorded room, apart from its file.

use downbeat_schemas::time::{Tick, Timestamp};

use crate::host::{AnyRoom, FreezeError};
use crate::record::{Entry, Plan, Tape};

/// The room before and after its last step, and what came between. Memory that is used again at
/// each step.
#[derive(Debug, Default)]
pub(super) struct LastStep {
    before: Frozen,
    /// From `before` to `after`.
    entries: Vec<u8>,
    after: Frozen,
    /// Since `after`.
    next_entries: Vec<u8>,
}

/// A room at one moment.
#[derive(Debug, Default)]
struct Frozen {
    bytes: Vec<u8>,
    now: Timestamp,
    /// The last tick that ran.
    tick: Tick,
    is_there: bool,
}

impl LastStep {
    /// Keeps an entry; gives it as bytes.
    pub(super) fn push(&mut self, entry: &Entry<'_>) -> &[u8] {
        let start = self.next_entries.len();
        entry.write(&mut self.next_entries);
        &self.next_entries[start..]
    }

    /// A step was handed out: what was after the last one is before this one.
    pub(super) fn close(
        &mut self,
        room: &dyn AnyRoom,
        now: Timestamp,
        tick: Tick,
    ) -> Result<&[u8], FreezeError> {
        std::mem::swap(&mut self.before, &mut self.after);
        std::mem::swap(&mut self.entries, &mut self.next_entries);
        self.next_entries.clear();
        let frozen = room.freeze_into(now, &mut self.after.bytes);
        self.after.is_there = frozen.is_ok();
        (self.after.now, self.after.tick) = (now, tick);
        frozen.map(|()| &*self.after.bytes)
    }

    /// Something came that no entry can hold.
    pub(super) const fn break_off(&mut self) {
        self.after.is_there = false;
    }

    /// The room after the last step.
    pub(super) fn after(&self) -> Option<&[u8]> {
        self.after.is_there.then_some(&*self.after.bytes)
    }

    /// Bytes of the room before the last step, if that is known.
    pub(super) fn before_bytes(&self) -> Option<usize> {
        self.before.is_there.then_some(self.before.bytes.len())
    }

    /// A recording of the last step alone.
    pub(super) fn recording(&self, plan: &Plan, room: &dyn AnyRoom) -> Option<Vec<u8>> {
        let before = Some(&self.before).filter(|before| before.is_there)?;
        let label = plan.label(room, 1, before.now, before.tick);
        Some(Tape::of_step(
            &label,
            &before.bytes,
            &self.entries,
            self.after(),
        ))
    }
}
