//! Watch sets.

use downbeat_schemas::id::GroupId;

use super::groups::{GroupIndex, Groups};

/// One who is sent patches: a client's seat, as the [`Replicator`](super::Replicator) that made
/// it knows it. Free for another one after its removal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Viewer(u32);

#[derive(Debug)]
pub(super) struct WatchSet {
    /// Ascending by id, so that the same watches give the same bytes.
    pub(super) watches: Vec<Watch>,
    /// Whether each watch is both wanted and told.
    pub(super) settled: bool,
    pub(super) needs_snapshot: bool,
    /// The patch that was last composed.
    pub(super) patch: u64,
}

/// A group between a viewer and what it was told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) id: GroupId,
    pub(super) group: GroupIndex,
    /// The game wants the viewer to see it.
    pub(super) wanted: bool,
    /// The viewer has its rows.
    pub(super) told: bool,
}

impl WatchSet {
    pub(super) const fn new() -> Self {
        Self {
            watches: Vec::new(),
            settled: true,
            needs_snapshot: true,
            patch: 0,
        }
    }

    pub(super) fn wants(&self, id: GroupId) -> bool {
        self.find(id).is_ok_and(|at| self.watches[at].wanted)
    }

    pub(super) fn wanted(&self) -> impl Iterator<Item = GroupId> {
        let wanted = self.watches.iter().filter(|watch| watch.wanted);
        wanted.map(|watch| watch.id)
    }

    /// Wants a group that was not wanted.
    pub(super) fn want(&mut self, id: GroupId, groups: &mut Groups) {
        let told = self.find(id).is_ok();
        self.put(id, true, told, groups);
    }

    /// Takes up a watch that the viewer may have been told of, wanted or not.
    pub(super) fn put(&mut self, id: GroupId, wanted: bool, told: bool, groups: &mut Groups) {
        let at = self.find(id).unwrap_or_else(|at| {
            let group = groups.hold(id);
            let watch = Watch {
                id,
                group,
                wanted: false,
                told,
            };
            self.watches.insert(at, watch);
            at
        });
        let watch = &mut self.watches[at];
        watch.wanted = wanted;
        groups.get_mut(watch.group).watchers += u32::from(wanted);
        // Several watches may be open: only telling the viewer settles them.
        self.settled &= wanted == told;
    }

    /// No longer wants a group. One that the viewer was told of stays until it is told to forget.
    pub(super) fn unwant(&mut self, id: GroupId, groups: &mut Groups) {
        let Ok(at) = self.find(id) else { return };
        let watch = &mut self.watches[at];
        if !watch.wanted {
            return;
        }
        watch.wanted = false;
        groups.get_mut(watch.group).watchers -= 1;
        if watch.told {
            self.settled = false;
        } else {
            let watch = self.watches.remove(at);
            groups.release(watch.group);
        }
    }

    /// The viewer was told all that is wanted, and to forget all else.
    pub(super) fn settle(&mut self, groups: &mut Groups) {
        self.watches.retain_mut(|watch| {
            watch.told = watch.wanted;
            if !watch.wanted {
                groups.release(watch.group);
            }
            watch.wanted
        });
        self.settled = true;
    }

    /// Lets go of all groups.
    pub(super) fn release(&mut self, groups: &mut Groups) {
        for watch in self.watches.drain(..) {
            groups.get_mut(watch.group).watchers -= u32::from(watch.wanted);
            groups.release(watch.group);
        }
    }

    fn find(&self, id: GroupId) -> Result<usize, usize> {
        self.watches.binary_search_by_key(&id, |watch| watch.id)
    }
}

/// The watch sets of all viewers.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    pub(super) sets: Vec<Option<WatchSet>>,
    /// The next to be given out is the last.
    pub(super) free: Vec<Viewer>,
}

impl Viewers {
    pub(super) fn add(&mut self) -> Viewer {
        let viewer = self.free.pop().unwrap_or_else(|| {
            self.sets.push(None);
            Viewer(self.sets.len() as u32 - 1)
        });
        self.sets[viewer.0 as usize] = Some(WatchSet::new());
        viewer
    }

    pub(super) fn remove(&mut self, viewer: Viewer) -> Option<WatchSet> {
        let set = self.sets[viewer.0 as usize].take()?;
        self.free.push(viewer);
        Some(set)
    }

    pub(super) fn get(&self, viewer: Viewer) -> Option<&WatchSet> {
        self.sets.get(viewer.0 as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, viewer: Viewer) -> &mut WatchSet {
        let set = self.sets.get_mut(viewer.0 as usize);
        let set = set.and_then(Option::as_mut);
        set.expect("a viewer is used from add_viewer to remove_viewer")
    }
}
