//! A table of one row.

use std::ops::{Deref, DerefMut};

use downbeat_schemas::id::{GroupId, Slot};
use downbeat_schemas::reflect::TableSchema;

use super::row::Row;
use super::{Component, FieldSink, Replicated};
use crate::change::{Change, ChangeKind};

/// One row that is always there: read and written like the struct itself. A write marks it for the
/// next patch.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::{Component, Single};
/// # #[derive(Component, Clone, Default)]
/// # struct Round { number: u16 }
/// let mut round = Single::<Round>::default();
/// round.number += 1;
/// assert_eq!(round.number, 1);
/// ```
#[derive(Debug)]
pub struct Single<C> {
    pub(super) row: Row<C>,
    pub(super) dirty: bool,
}

const SLOT: Slot = Slot(0);

impl<C: Component> Single<C> {
    /// A row in [`GroupId::EVERYONE`].
    pub const fn new(row: C) -> Self {
        Self {
            row: Row::new(row),
            dirty: true,
        }
    }

    /// Moves the row to a group: from the next patch on, those see it who watch the group.
    pub fn place(&mut self, group: GroupId) {
        self.dirty |= self.row.group != group;
        self.row.group = group;
    }

    /// The group of the row.
    pub const fn group(&self) -> GroupId {
        self.row.group
    }
}

impl<C> Deref for Single<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.row.now
    }
}

impl<C> DerefMut for Single<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.dirty = true;
        &mut self.row.now
    }
}

impl<C: Component + Default> Default for Single<C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<C: Component> Replicated for Single<C> {
    fn schema(name: &str) -> TableSchema {
        TableSchema {
            name: name.to_owned(),
            key: None,
            fields: C::fields(),
        }
    }

    fn fields(&self) -> usize {
        C::FIELDS
    }

    fn has_keys(&self) -> bool {
        false
    }

    fn collect(&mut self, changed: &mut dyn FnMut(GroupId, Slot, ChangeKind)) {
        if std::mem::take(&mut self.dirty) {
            self.row.collect(SLOT, changed);
        }
    }

    fn known(&self, row: &mut dyn FnMut(Slot, GroupId)) {
        if let Some(sent) = &self.row.sent {
            row(SLOT, sent.group);
        }
    }

    fn put_keys(&self, _rows: &[Change], _sink: &mut dyn FieldSink) {}

    fn put_column(&self, field: usize, rows: &[Change], sink: &mut dyn FieldSink) {
        let sent = self.row.sent.as_ref();
        let sent = sent.expect("only a row that viewers know is encoded");
        for _ in rows {
            sent.row.visit(field, sink);
        }
    }

    fn limit_rows(&mut self, _rows_max: u64) -> u64 {
        0
    }
}
