//! The groups that viewers watch, by a dense number.

use std::collections::BTreeMap;

use bytes::Bytes;
use downbeat_schemas::id::GroupId;

use crate::change::ChangeSet;

/// The number of a watched group, free for another one when its last watcher has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupIndex(u32);

/// What a watched group has to say in the current patch.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: GroupId,
    /// Viewers that want it, or wanted it and have not been told to forget it.
    holders: u32,
    /// Viewers that want it: without any, nothing is packed.
    pub(super) watchers: u32,
    /// The last patch in which someone watched, so that `delta` is complete.
    pub(super) heard: u64,
    pub(super) changes: ChangeSet,
    /// `changes`, packed; empty if nothing changed.
    pub(super) delta: Bytes,
    /// All its rows, as far as they were listed for the current patch.
    pub(super) rows: ChangeSet,
    /// `rows`, packed, when someone needs them.
    pub(super) snapshot: Option<Bytes>,
    pub(super) forget: Option<Bytes>,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Vec<Group>,
    free: Vec<GroupIndex>,
    index: BTreeMap<GroupId, GroupIndex>,
    /// Rows come in runs of one group: most look-ups are answered by the last.
    last: Option<(GroupId, Option<GroupIndex>)>,
    /// Whether `rows` of all groups are those of the current patch.
    pub(super) rows_listed: bool,
}

impl Groups {
    /// How many groups are watched.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn contains(&self, id: GroupId) -> bool {
        self.index.contains_key(&id)
    }

    pub(super) fn get(&self, index: GroupIndex) -> &Group {
        &self.groups[index.0 as usize]
    }

    pub(super) fn get_mut(&mut self, index: GroupIndex) -> &mut Group {
        &mut self.groups[index.0 as usize]
    }

    /// The group of this id, if anyone holds it.
    pub(super) fn held(&mut self, id: GroupId) -> Option<&mut Group> {
        let found = match self.last {
            Some((last, found)) if last == id => found,
            _ => self.index.get(&id).copied(),
        };
        self.last = Some((id, found));
        Some(self.get_mut(found?))
    }

    /// All groups, and places for groups.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        self.groups.iter_mut()
    }

    /// Counts a viewer that holds the group.
    pub(super) fn hold(&mut self, id: GroupId) -> GroupIndex {
        let index = self.index.get(&id).copied();
        let index = index.unwrap_or_else(|| self.add(id));
        self.get_mut(index).holders += 1;
        index
    }

    /// Counts a viewer out; the last one takes the group with it.
    pub(super) fn release(&mut self, index: GroupIndex) {
        let group = self.get_mut(index);
        group.holders -= 1;
        if group.holders == 0 {
            assert_eq!(group.watchers, 0, "who watches a group holds it");
            let id = group.id;
            self.index.remove(&id);
            self.free.push(index);
            self.last = None;
        }
    }

    fn add(&mut self, id: GroupId) -> GroupIndex {
        let index = match self.free.pop() {
            Some(index) => {
                self.get_mut(index).reset(id);
                index
            }
            None => {
                self.groups.push(Group::new(id));
                GroupIndex(self.groups.len() as u32 - 1)
            }
        };
        self.index.insert(id, index);
        self.last = None;
        self.rows_listed = false;
        index
    }
}

impl Group {
    fn new(id: GroupId) -> Self {
        Self {
            id,
            holders: 0,
            watchers: 0,
            heard: 0,
            changes: ChangeSet::default(),
            delta: Bytes::new(),
            rows: ChangeSet::default(),
            snapshot: None,
            forget: None,
        }
    }

    /// Becomes another group and keeps the memory.
    fn reset(&mut self, id: GroupId) {
        let mut changes = std::mem::take(&mut self.changes);
        let mut rows = std::mem::take(&mut self.rows);
        changes.clear();
        rows.clear();
        *self = Self {
            changes,
            rows,
            ..Self::new(id)
        };
    }

    /// Forgets what was said in the former patch.
    pub(super) fn begin_patch(&mut self, patch: u64) {
        if self.watchers > 0 {
            self.heard = patch;
        }
        self.changes.clear();
        self.delta = Bytes::new();
        self.snapshot = None;
        self.forget = None;
    }
}
