//! What became of the rows of a group since the last patch. Knows no encoding.

use downbeat_schemas::id::Slot;

/// One row that changed. Their order is the order of encoding: by table, kind, mask and slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The number of the table in the schema.
    pub table: usize,
    /// What happened.
    pub kind: ChangeKind,
    /// The row.
    pub slot: Slot,
}

/// What happened to a row, as the watchers of one group see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Fields have other values.
    Updated {
        /// A bit for each such field; not 0.
        mask: u64,
    },
    /// The row is new here.
    Inserted,
    /// The row is no longer here.
    Removed,
}

/// What a group says at once: a patch of it, or, all inserts, a snapshot of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    changes: Vec<Change>,
}

impl ChangeSet {
    /// Adds a change.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Forgets all changes and keeps the memory.
    pub fn clear(&mut self) {
        self.changes.clear();
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Puts the changes in their order. Tables report theirs nearly in order: this is cheap.
    pub fn sort(&mut self) {
        self.changes.sort_unstable();
    }

    /// The runs of rows that the same happened to: what an encoder writes as one.
    pub fn runs(&self) -> impl Iterator<Item = &[Change]> {
        self.changes
            .chunk_by(|a, b| (a.table, a.kind) == (b.table, b.kind))
    }
}
