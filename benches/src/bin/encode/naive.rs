//! The way that this server does not go: packing for each client what that client sees.

use downbeat_core::change::{Change, ChangeKind, ChangeSet};
use downbeat_core::encode::{Dialect, Native};
use downbeat_core::{GroupId, Replicate};
use downbeat_schemas::id::Slot;

/// Packs patches of a table whose rows all moved, for one client at a time.
#[derive(Debug, Default)]
pub(crate) struct Naive {
    changes: ChangeSet,
    dialect: Native,
}

/// The first two fields: a place.
const MOVED: u64 = 0b11;

impl Naive {
    /// Appends the rows of one client. They are told which rows changed, and how: finding that out
    /// is not counted.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, visible: &[Slot], state: &dyn Replicate) {
        self.changes.clear();
        for slot in visible {
            self.changes.push(Change {
                table: 0,
                kind: ChangeKind::Updated { mask: MOVED },
                slot: *slot,
            });
        }
        self.changes.sort();
        self.dialect
            .put_changes(out, GroupId::EVERYONE, &self.changes, state);
    }
}
