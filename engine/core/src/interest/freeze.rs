//! A replicator as a value that thaws to the same.

use downbeat_schemas::id::GroupId;
use downbeat_schemas::limits::Limits;
use serde::{Deserialize, Serialize};

use super::Replicator;
use super::groups::Groups;
use super::viewers::{Viewer, Viewers, WatchSet};

/// Who watches what and was told what. Viewers keep their numbers.
///
/// Freeze between patches, after all viewers had theirs composed: a patch that was collected and
/// not composed is not kept, and its viewer gets a snapshot instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrozenReplicator {
    patch: u64,
    viewers: Vec<Option<FrozenViewer>>,
    free: Vec<Viewer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FrozenViewer {
    /// Each group with whether it is wanted and told.
    watches: Vec<(GroupId, bool, bool)>,
    needs_snapshot: bool,
    patch: u64,
}

impl Replicator {
    /// All that thawing needs.
    pub fn freeze(&self) -> FrozenReplicator {
        let sets = self.viewers.sets.iter();
        FrozenReplicator {
            patch: self.patch,
            viewers: sets.map(|set| set.as_ref().map(WatchSet::freeze)).collect(),
            free: self.viewers.free.clone(),
        }
    }

    /// The replicator that was frozen. With the tables that were frozen beside it, it goes on with
    /// the same bytes.
    pub fn thaw(frozen: &FrozenReplicator, limits: &Limits) -> Self {
        let mut replicator = Self::new(limits);
        replicator.patch = frozen.patch;
        let groups = &mut replicator.groups;
        let sets = frozen.viewers.iter();
        let sets = sets.map(|viewer| viewer.as_ref().map(|viewer| viewer.thaw(groups)));
        replicator.viewers = Viewers {
            sets: sets.collect(),
            free: frozen.free.clone(),
        };
        replicator
    }
}

impl WatchSet {
    fn freeze(&self) -> FrozenViewer {
        let watches = self.watches.iter();
        FrozenViewer {
            watches: watches
                .map(|watch| (watch.id, watch.wanted, watch.told))
                .collect(),
            needs_snapshot: self.needs_snapshot,
            patch: self.patch,
        }
    }
}

impl FrozenViewer {
    fn thaw(&self, groups: &mut Groups) -> WatchSet {
        let mut set = WatchSet::new();
        (set.needs_snapshot, set.patch) = (self.needs_snapshot, self.patch);
        for &(id, wanted, told) in &self.watches {
            set.put(id, wanted, told, groups);
        }
        set
    }
}
