//! Whether the rooms of a node that was out of touch are still its own.

use downbeat_schemas::id::RoomId;

use super::owner::Title;
use super::registry::Shared;
use super::reply::{self, Claimed};
use super::store::Store;
use crate::RoomRecord;

/// What became of a node's rooms while it was out of touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Others have them: they are to be dropped without a word.
    pub lost: Vec<RoomId>,
    /// The store did not say.
    pub unknown: Vec<RoomId>,
}

/// Asks the store about each room whose record it has confirmed before. A record that it has lost
/// meanwhile is written anew.
pub async fn check<S: Store>(registry: &Shared, store: &S) -> Checked {
    let mut checked = Checked::default();
    for (record, title) in registry.confirmed_rooms() {
        match check_one(registry, store, &record, title).await {
            Some(true) => {}
            Some(false) => checked.lost.push(record.room),
            None => checked.unknown.push(record.room),
        }
    }
    checked
}

/// Whether a room is still this node's; `None` if the store did not say.
async fn check_one<S: Store>(
    registry: &Shared,
    store: &S,
    record: &RoomRecord,
    title: Title,
) -> Option<bool> {
    let calls = &registry.desk.calls;
    let keep = calls.room_keep(record.room, title, record.location.shard, &record.name);
    let reply = store.call(keep).await.ok()?;
    let claimed = reply::claimed(&reply).ok()?;
    Some(matches!(claimed, Claimed::Yes(_)))
}
