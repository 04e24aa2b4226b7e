//! Which rooms are looked at, and by whom.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::id::{GroupId, RoomId, SessionId};
use serde::{Deserialize, Serialize};

/// A room that is looked at is a group: what is told of it is encoded once for all who look.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Looks {
    rooms: BTreeMap<RoomId, Look>,
    /// The group of the next room. 0 is everyone's.
    groups: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Look {
    group: GroupId,
    viewers: BTreeSet<SessionId>,
    /// Whether its shard was asked and has not answered.
    is_asked: bool,
}

impl Looks {
    /// The group of a room that one more looks at.
    pub(super) fn begin(&mut self, viewer: SessionId, room: RoomId) -> GroupId {
        let look = self.rooms.entry(room).or_insert_with(|| {
            self.groups += 1;
            Look {
                group: GroupId(self.groups),
                viewers: BTreeSet::new(),
                is_asked: false,
            }
        });
        look.viewers.insert(viewer);
        look.group
    }

    /// The group that somebody no longer looks at.
    pub(super) fn end(&mut self, viewer: SessionId) -> Option<GroupId> {
        let mut rooms = self.rooms.iter();
        let (room, _) = rooms.find(|(_, look)| look.viewers.contains(&viewer))?;
        let room = *room;
        let look = self.rooms.get_mut(&room)?;
        let group = look.group;
        look.viewers.remove(&viewer);
        if look.viewers.is_empty() {
            self.rooms.remove(&room);
        }
        Some(group)
    }

    /// The group of a room, while somebody looks at it.
    pub(super) fn group(&self, room: RoomId) -> Option<GroupId> {
        Some(self.rooms.get(&room)?.group)
    }

    /// The rooms whose shards are to be asked now: those that are not being asked.
    pub(super) fn ask(&mut self) -> Vec<RoomId> {
        let rooms = self.rooms.iter_mut();
        let idle = rooms.filter_map(|(room, look)| {
            let was_asked = std::mem::replace(&mut look.is_asked, true);
            (!was_asked).then_some(*room)
        });
        idle.collect()
    }

    /// The shard of a room has answered.
    pub(super) fn answered(&mut self, room: RoomId) {
        if let Some(look) = self.rooms.get_mut(&room) {
            look.is_asked = false;
        }
    }

    /// A room is gone: nobody looks at it any more.
    pub(super) fn forget(&mut self, room: RoomId) -> Vec<SessionId> {
        let look = self.rooms.remove(&room);
        look.into_iter().flat_map(|look| look.viewers).collect()
    }
}
