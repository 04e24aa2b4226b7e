//! Who watches the list of rooms, and what has changed since each last looked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use downbeat_schemas::id::RoomId;

use crate::RoomRecord;

/// Changes that wait for a watcher who does not look. Beyond, it gets the whole list instead.
const CHANGES_MAX: usize = 65_536;

/// What changed in the list of rooms, for one who looks when it wants to: what happened to a room
/// meanwhile is one change.
#[derive(Debug)]
pub struct ListingFeed(Arc<Mutex<Unseen>>);

/// What a watcher is told. Private rooms do not exist here; locked ones do.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// All rooms there are: what was told before and is not among them has ended.
    All(BTreeMap<RoomId, Arc<RoomRecord>>),
    /// Rooms that are new or changed; `None`: not there, and perhaps never told of.
    Changed(BTreeMap<RoomId, Option<Arc<RoomRecord>>>),
}

/// The watchers of a registry, whatever keeps the rooms. To be called under the same lock as what
/// it tells of, or in its order.
#[derive(Debug, Default)]
pub struct Feeds(Vec<Weak<Mutex<Unseen>>>);

#[derive(Debug, Default)]
struct Unseen {
    changes: BTreeMap<RoomId, Option<Arc<RoomRecord>>>,
    /// Whether `changes` has all rooms there are.
    is_all: bool,
    /// Too much changed: all rooms are to be told anew.
    is_lost: bool,
}

impl ListingFeed {
    /// What changed since the last look; `None` if nothing did. The first look shows all rooms.
    pub fn look(&self) -> Option<Listed> {
        let mut unseen = lock(&self.0);
        let changes = std::mem::take(&mut unseen.changes);
        if std::mem::take(&mut unseen.is_all) {
            let there = changes.into_iter();
            let there = there.filter_map(|(room, record)| Some((room, record?)));
            return Some(Listed::All(there.collect()));
        }
        (!changes.is_empty()).then_some(Listed::Changed(changes))
    }
}

impl Feeds {
    /// A new watcher, unless there are `max`. The rooms are those there are at this moment.
    pub fn watch(
        &mut self,
        max: u64,
        rooms: impl IntoIterator<Item = Arc<RoomRecord>>,
    ) -> Option<ListingFeed> {
        self.0.retain(|watcher| watcher.strong_count() > 0);
        if self.0.len() as u64 >= max {
            return None;
        }
        let feed = Arc::new(Mutex::new(Unseen::default()));
        lock(&feed).tell_all(rooms);
        self.0.push(Arc::downgrade(&feed));
        Some(ListingFeed(feed))
    }

    /// A room is new, or changed.
    pub fn publish(&mut self, record: &Arc<RoomRecord>) {
        let seen = (!record.private).then(|| Arc::clone(record));
        self.tell(record.room, seen.as_ref());
    }

    /// A room has ended.
    pub fn withdraw(&mut self, room: RoomId) {
        self.tell(room, None);
    }

    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        self.0.iter().any(|watcher| watcher.strong_count() > 0)
    }

    /// Whether somebody missed too much and waits for [`repair`](Self::repair).
    pub fn is_behind(&self) -> bool {
        let mut watchers = self.0.iter().filter_map(Weak::upgrade);
        watchers.any(|watcher| lock(&watcher).is_lost)
    }

    /// All rooms there are, for everybody: after changes may have been missed. What nobody missed is
    /// told again and does no harm.
    pub fn repair(&mut self, rooms: &[Arc<RoomRecord>]) {
        for watcher in self.0.iter().filter_map(Weak::upgrade) {
            lock(&watcher).tell_all(rooms.iter().cloned());
        }
    }

    fn tell(&mut self, room: RoomId, record: Option<&Arc<RoomRecord>>) {
        self.0.retain(|watcher| {
            let Some(watcher) = watcher.upgrade() else {
                return false;
            };
            lock(&watcher).tell(room, record.cloned());
            true
        });
    }
}

impl Unseen {
    fn tell(&mut self, room: RoomId, record: Option<Arc<RoomRecord>>) {
        if self.is_lost {
            return;
        }
        if self.is_all && record.is_none() {
            self.changes.remove(&room);
            return;
        }
        self.changes.insert(room, record);
        if self.changes.len() > CHANGES_MAX && !self.is_all {
            self.changes.clear();
            self.is_lost = true;
        }
    }

    fn tell_all(&mut self, rooms: impl IntoIterator<Item = Arc<RoomRecord>>) {
        let rooms = rooms.into_iter().filter(|record| !record.private);
        self.changes = rooms.map(|record| (record.room, Some(record))).collect();
        self.is_all = true;
        self.is_lost = false;
    }
}

fn lock(unseen: &Mutex<Unseen>) -> MutexGuard<'_, Unseen> {
    unseen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    fn room(room: u64, clients: u32) -> Arc<RoomRecord> {
        Arc::new(RoomRecord {
            clients,
            ..record(room, 9)
        })
    }

    /// What a look shows: whether it is all, and each room with its clients, if it is there.
    fn check(feed: &ListingFeed, is_all: bool, expected: &[(u64, Option<u32>)]) {
        let (found_all, shown): (bool, Vec<_>) = match feed.look() {
            None => (false, Vec::new()),
            Some(Listed::All(rooms)) => {
                let rooms = rooms.iter();
                let shown = rooms.map(|(room, record)| (room.0, Some(record.clients)));
                (true, shown.collect())
            }
            Some(Listed::Changed(rooms)) => {
                let clients = |record: &Option<Arc<RoomRecord>>| Some(record.as_ref()?.clients);
                let shown = rooms.iter();
                (
                    false,
                    shown
                        .map(|(room, record)| (room.0, clients(record)))
                        .collect(),
                )
            }
        };
        assert_eq!((found_all, shown.as_slice()), (is_all, expected));
    }

    #[test]
    fn a_watcher_sees_all_and_then_what_changes() {
        let mut feeds = Feeds::default();
        let feed = feeds.watch(9, [room(1, 0)]).unwrap();
        feeds.publish(&room(2, 1));
        check(&feed, true, &[(1, Some(0)), (2, Some(1))]);
        check(&feed, false, &[]);
        for clients in 0..5 {
            feeds.publish(&room(1, clients));
        }
        feeds.withdraw(RoomId(2));
        check(&feed, false, &[(1, Some(4)), (2, None)]);
        feeds.repair(&[room(3, 0)]);
        feeds.withdraw(RoomId(3));
        check(&feed, true, &[]);
    }

    #[test]
    fn a_private_room_is_not_there() {
        let private = Arc::new(RoomRecord {
            private: true,
            ..record(1, 9)
        });
        let mut feeds = Feeds::default();
        let feed = feeds.watch(9, [private.clone()]).unwrap();
        check(&feed, true, &[]);
        feeds.publish(&room(1, 2));
        check(&feed, false, &[(1, Some(2))]);
        feeds.publish(&private);
        check(&feed, false, &[(1, None)]);
    }

    #[test]
    fn who_does_not_look_gets_all_rooms_anew() {
        let mut feeds = Feeds::default();
        let feed = feeds.watch(9, []).unwrap();
        check(&feed, true, &[]);
        for number in 0..=CHANGES_MAX as u64 {
            assert!(!feeds.is_behind());
            feeds.withdraw(RoomId(number));
        }
        assert!(feeds.is_behind());
        check(&feed, false, &[]);
        feeds.repair(&[room(7, 0)]);
        assert!(!feeds.is_behind());
        check(&feed, true, &[(7, Some(0))]);
    }

    #[test]
    fn there_are_so_many_watchers_and_no_more() {
        let mut feeds = Feeds::default();
        let feed = feeds.watch(1, []);
        assert!(feeds.watch(1, []).is_none());
        drop(feed);
        assert!(feeds.watch(1, []).is_some());
    }
}
