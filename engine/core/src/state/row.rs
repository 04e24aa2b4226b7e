//! One row and its shadow.

use std::ops::{Deref, DerefMut};

use downbeat_schemas::id::{GroupId, Slot};

use super::Component;
use super::dirty::Marker;
use crate::change::ChangeKind;

/// A row borrowed for writing. Only a write marks it for the next patch; reading does not.
#[derive(Debug)]
pub struct RowMut<'a, C> {
    row: &'a mut C,
    marker: Marker<'a>,
}

impl<'a, C> RowMut<'a, C> {
    pub(super) const fn new(row: &'a mut C, marker: Marker<'a>) -> Self {
        Self { row, marker }
    }
}

impl<C> Deref for RowMut<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.row
    }
}

impl<C> DerefMut for RowMut<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        self.marker.mark();
        self.row
    }
}

/// A row as the game sees it, and as viewers do.
#[derive(Debug)]
pub(super) struct Row<C> {
    pub(super) now: C,
    pub(super) group: GroupId,
    /// Removed since the last patch: viewers still know it, the game does not.
    pub(super) gone: bool,
    /// None until the row was collected once.
    pub(super) sent: Option<Sent<C>>,
}

/// What viewers were told.
#[derive(Debug)]
pub(super) struct Sent<C> {
    pub(super) row: C,
    pub(super) group: GroupId,
}

impl<C: Component> Row<C> {
    pub(super) const fn new(now: C) -> Self {
        Self {
            now,
            group: GroupId::EVERYONE,
            gone: false,
            sent: None,
        }
    }

    /// Tells what changed since the last call, and makes it what viewers know.
    pub(super) fn collect(
        &mut self,
        slot: Slot,
        changed: &mut dyn FnMut(GroupId, Slot, ChangeKind),
    ) {
        if self.gone {
            if let Some(sent) = self.sent.take() {
                changed(sent.group, slot, ChangeKind::Removed);
            }
            return;
        }
        let Some(sent) = &mut self.sent else {
            self.sent = Some(Sent {
                row: self.now.clone(),
                group: self.group,
            });
            return changed(self.group, slot, ChangeKind::Inserted);
        };
        let mask = self.now.diff(&sent.row);
        // Only what differs is taken over: texts that stayed are not copied.
        sent.row.absorb(&self.now, mask);
        if sent.group != self.group {
            changed(sent.group, slot, ChangeKind::Removed);
            changed(self.group, slot, ChangeKind::Inserted);
            sent.group = self.group;
        } else if mask != 0 {
            changed(self.group, slot, ChangeKind::Updated { mask });
        }
    }

    /// Whether the next collection has something to tell.
    pub(super) fn differs(&self) -> bool {
        let sent = self.sent.as_ref();
        self.gone
            || sent.is_none_or(|sent| sent.group != self.group || self.now.diff(&sent.row) != 0)
    }
}
