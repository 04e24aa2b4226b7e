//! What one viewer gets.

use bytes::Bytes;
use downbeat_schemas::server::RowsKind;

use super::Replicator;
use super::groups::{GroupIndex, Groups};
use super::viewers::{Viewer, WatchSet};
use crate::change::{Change, ChangeKind};
use crate::encode::Packer;
use crate::state::Replicate;

/// The rows of one message: shared chunks, to be sent one after the other behind their head.
#[derive(Clone, Copy, Debug)]
pub struct Composed<'a> {
    /// Which message they are the rows of.
    pub kind: RowsKind,
    /// The rows, in pieces.
    pub parts: &'a [Bytes],
    /// Bytes of all parts together.
    pub rows_len: usize,
}

impl Replicator {
    /// What this viewer gets for the patch last collected: nothing, if nothing changed that it
    /// sees, a patch, or a snapshot. After it, the viewer counts as told.
    pub fn compose<S: Replicate>(&mut self, state: &S, viewer: Viewer) -> Option<Composed<'_>> {
        self.parts.clear();
        if self.patch == 0 {
            return None;
        }
        let set = self.viewers.get_mut(viewer);
        let mut chunks = Chunks {
            groups: &mut self.groups,
            packer: &mut self.packer,
            state,
        };
        let mut kind = RowsKind::Patch;
        if set.needs_snapshot || set.missed_something(self.patch, chunks.groups) {
            kind = RowsKind::Snapshot;
        } else {
            chunks.put_patch(set, set.patch != self.patch, &mut self.parts);
            if len(&self.parts) as u64 > self.limits.patch_bytes_max {
                self.hits.patch_bytes_max += 1;
                kind = RowsKind::Snapshot;
            }
        }
        if kind == RowsKind::Snapshot {
            self.parts.clear();
            chunks.put_snapshot(set, &mut self.parts);
        }
        set.told(self.patch, &mut self.groups);
        let (parts, rows_len) = (&self.parts[..], len(&self.parts));
        let silent = kind == RowsKind::Patch && parts.is_empty();
        (!silent).then_some(Composed {
            kind,
            parts,
            rows_len,
        })
    }
}

fn len(parts: &[Bytes]) -> usize {
    parts.iter().map(Bytes::len).sum()
}

impl WatchSet {
    /// Whether patches alone would leave the viewer with a wrong picture: one was not composed for
    /// it, or it watches, again, a group that nobody watched when the patch was collected.
    fn missed_something(&self, patch: u64, groups: &Groups) -> bool {
        if self.patch == patch {
            return false;
        }
        let mut heard = self
            .watches
            .iter()
            .filter(|watch| watch.wanted && watch.told);
        self.patch + 1 != patch || heard.any(|watch| groups.get(watch.group).heard != patch)
    }

    fn told(&mut self, patch: u64, groups: &mut Groups) {
        self.patch = patch;
        self.needs_snapshot = false;
        if !self.settled {
            self.settle(groups);
        }
    }
}

/// The chunks of the current patch, packed when first asked for.
struct Chunks<'a, S> {
    groups: &'a mut Groups,
    packer: &'a mut Packer,
    state: &'a S,
}

impl<S: Replicate> Chunks<'_, S> {
    /// Forgets for groups left, all rows of groups new to the viewer, and what changed in the rest.
    fn put_patch(&mut self, set: &WatchSet, with_deltas: bool, parts: &mut Vec<Bytes>) {
        for watch in &set.watches {
            let part = match (watch.told, watch.wanted) {
                (true, true) if with_deltas => self.groups.get(watch.group).delta.clone(),
                (false, true) => self.snapshot(watch.group),
                (true, false) => self.forget(watch.group),
                _ => continue,
            };
            if !part.is_empty() {
                parts.push(part);
            }
        }
    }

    fn put_snapshot(&mut self, set: &WatchSet, parts: &mut Vec<Bytes>) {
        for watch in set.watches.iter().filter(|watch| watch.wanted) {
            let part = self.snapshot(watch.group);
            if !part.is_empty() {
                parts.push(part);
            }
        }
    }

    fn forget(&mut self, index: GroupIndex) -> Bytes {
        let group = self.groups.get_mut(index);
        let forget = &mut group.forget;
        forget
            .get_or_insert_with(|| self.packer.forget(group.id))
            .clone()
    }

    /// All rows of a group, empty if there are none.
    fn snapshot(&mut self, index: GroupIndex) -> Bytes {
        if !self.groups.rows_listed {
            self.list_rows();
        }
        let group = self.groups.get_mut(index);
        if group.rows.is_empty() {
            return Bytes::new();
        }
        let snapshot = &mut group.snapshot;
        snapshot
            .get_or_insert_with(|| self.packer.changes(group.id, &group.rows, self.state))
            .clone()
    }

    /// Lists the rows of all groups in one pass, in patches where anyone asks for a
    /// snapshot: cheaper than an index that each move of a row has to keep.
    fn list_rows(&mut self) {
        let groups = &mut *self.groups;
        for group in groups.iter_mut() {
            group.rows.clear();
        }
        for number in 0..self.state.tables() {
            self.state.table(number).known(&mut |slot, group| {
                if let Some(group) = groups.held(group) {
                    group.rows.push(Change {
                        table: number,
                        kind: ChangeKind::Inserted,
                        slot,
                    });
                }
            });
        }
        groups.rows_listed = true;
    }
}
