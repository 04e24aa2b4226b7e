//! From changed rows to packed chunks.

use bytes::Bytes;
use downbeat_schemas::id::GroupId;
use downbeat_schemas::limits::Limits;

use super::LimitHits;
use super::groups::Groups;
use super::viewers::{Viewer, Viewers};
use crate::change::Change;
use crate::encode::Packer;
use crate::state::Replicate;

/// What the viewers of one room are told. One for each room.
///
/// At each patch: [`collect`](Self::collect) once, then [`compose`](Self::compose) for each viewer
/// that can take bytes. A viewer for which a patch was not composed gets a snapshot the next time.
#[derive(Debug)]
pub struct Replicator {
    pub(super) limits: Limits,
    pub(super) viewers: Viewers,
    pub(super) groups: Groups,
    /// The number of the patch last collected; 0 before the first.
    pub(super) patch: u64,
    pub(super) packer: Packer,
    /// What was last composed.
    pub(super) parts: Vec<Bytes>,
    pub(super) hits: LimitHits,
}

/// Why a viewer cannot watch one more group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The viewer has its fill.
    #[error(
        "a client already watches {watches_max} groups: unwatch some, use larger groups, or raise the limit `watches_max`"
    )]
    TooManyWatches {
        /// The limit.
        watches_max: u64,
    },
    /// The room has its fill.
    #[error(
        "the clients of this room already watch {groups_max} groups: use larger groups, or raise the limit `groups_max`"
    )]
    TooManyGroups {
        /// The limit.
        groups_max: u64,
    },
}

impl Replicator {
    /// Nobody watches, nothing is told.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            viewers: Viewers::default(),
            groups: Groups::default(),
            patch: 0,
            packer: Packer::default(),
            parts: Vec::new(),
            hits: LimitHits::default(),
        }
    }

    /// A viewer that watches [`GroupId::EVERYONE`] and gets a snapshot first.
    pub fn add_viewer(&mut self) -> Viewer {
        let viewer = self.viewers.add();
        let set = self.viewers.get_mut(viewer);
        set.want(GroupId::EVERYONE, &mut self.groups);
        viewer
    }

    /// Ends a viewer. Its number may then name another one.
    pub fn remove_viewer(&mut self, viewer: Viewer) {
        if let Some(mut set) = self.viewers.remove(viewer) {
            set.release(&mut self.groups);
        }
    }

    /// Lets a viewer see the rows of `group` from its next patch on. No effect if it does already.
    ///
    /// # Errors
    /// [`WatchError`] at one of the limits `watches_max` and `groups_max`; both are counted.
    pub fn watch(&mut self, viewer: Viewer, group: GroupId) -> Result<(), WatchError> {
        let set = self.viewers.get_mut(viewer);
        if set.wants(group) {
            return Ok(());
        }
        let watches_max = self.limits.watches_max;
        if set.wanted().count() as u64 >= watches_max {
            self.hits.watches_max += 1;
            return Err(WatchError::TooManyWatches { watches_max });
        }
        let groups_max = self.limits.groups_max;
        if self.groups.len() as u64 >= groups_max && !self.groups.contains(group) {
            self.hits.groups_max += 1;
            return Err(WatchError::TooManyGroups { groups_max });
        }
        set.want(group, &mut self.groups);
        Ok(())
    }

    /// Lets a viewer forget the rows of `group` with its next patch. No effect if it does not
    /// watch the group, nor on [`GroupId::EVERYONE`], which all watch.
    pub fn unwatch(&mut self, viewer: Viewer, group: GroupId) {
        if group != GroupId::EVERYONE {
            let set = self.viewers.get_mut(viewer);
            set.unwant(group, &mut self.groups);
        }
    }

    /// The groups a viewer watches, ascending.
    pub fn watched(&self, viewer: Viewer) -> impl Iterator<Item = GroupId> {
        self.viewers
            .get(viewer)
            .into_iter()
            .flat_map(|set| set.wanted())
    }

    /// Whether a viewer watches `group`: to send it the group's events.
    pub fn watches(&self, viewer: Viewer, group: GroupId) -> bool {
        self.viewers.get(viewer).is_some_and(|set| set.wants(group))
    }

    /// Gives a viewer everything anew with its next patch: it reconnected, or lost its queue.
    pub fn request_snapshot(&mut self, viewer: Viewer) {
        self.viewers.get_mut(viewer).needs_snapshot = true;
    }

    /// Takes what changed since the last call and packs it, once for each group that anyone
    /// watches. Rows of other groups just become clean. Also gives the tables their `rows_max`.
    pub fn collect<S: Replicate>(&mut self, state: &mut S) {
        self.patch += 1;
        self.parts.clear();
        self.groups.rows_listed = false;
        for group in self.groups.iter_mut() {
            group.begin_patch(self.patch);
        }
        self.packer.begin_patch();
        self.take_changes(state);
        self.pack(state);
    }

    /// How often limits were met since the last call.
    pub fn take_limit_hits(&mut self) -> LimitHits {
        std::mem::take(&mut self.hits)
    }

    fn take_changes(&mut self, state: &mut dyn Replicate) {
        let groups = &mut self.groups;
        for number in 0..state.tables() {
            let table = state.table_mut(number);
            self.hits.rows_max += table.limit_rows(self.limits.rows_max);
            table.collect(&mut |group, slot, kind| {
                if let Some(group) = groups.held(group) {
                    group.changes.push(Change {
                        table: number,
                        kind,
                        slot,
                    });
                }
            });
        }
    }

    fn pack(&mut self, state: &dyn Replicate) {
        for group in self.groups.iter_mut() {
            if group.watchers > 0 && !group.changes.is_empty() {
                group.changes.sort();
                group.delta = self.packer.changes(group.id, &group.changes, state);
            }
        }
    }
}
