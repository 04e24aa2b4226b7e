//! What becomes of the rooms of a dead incarnation, as far as the registry goes.

use std::rc::Rc;

use downbeat_schemas::id::{RoomId, ShardId};

use super::call::Calls;
use super::keys::Keys;
use super::owner::Owner;
use super::reply::{self, Claimed, ReplyError};
use super::store::{Reply, Store, StoreError};

/// Takes over rooms of others, or has them forgotten. Only who is the one recoverer of a dead
/// incarnation may do so, or who a living owner has handed a room to.
#[derive(Debug)]
pub struct Recovery<S> {
    store: Rc<S>,
    calls: Calls,
}

/// Why a step was not done, or not to one's knowledge: do it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// The store did not answer.
    #[error("the store does not answer: {0}")]
    Store(#[from] StoreError),
    /// It answered what this version does not know.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

impl<S: Store> Recovery<S> {
    /// Recovers for this owner.
    pub fn new(store: Rc<S>, keys: Keys, owner: Owner) -> Self {
        let calls = Calls { keys, owner };
        Self { store, calls }
    }

    /// All rooms of an incarnation, with their names, as its index says. Some may have ended.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn rooms(&self, dead: Owner) -> Result<Vec<(RoomId, String)>, RecoveryError> {
        let mut rooms = Vec::new();
        let mut after = Vec::new();
        loop {
            let reply = self.store.call(self.calls.index_page(dead, &after)).await?;
            let page = reply::index_page(&reply)?;
            let Some((room, name)) = page.last() else {
                return Ok(rooms);
            };
            after = format!("{room}|{name}").into_bytes();
            rooms.extend(page);
        }
    }

    /// All rooms that are listed as a node's, with their names. More than its dead incarnation's, but
    /// also those that its index has lost: Redis may lose its last writes, or fail between two of them.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn listed(&self, dead: Owner) -> Result<Vec<(RoomId, String)>, RecoveryError> {
        let mut rooms = Vec::new();
        let names = self.store.call(self.calls.names(&[])).await?;
        for name in reply::names(&names)? {
            let mut next = Some(Vec::new());
            while let Some(after) = next {
                let page = self.store.call(self.calls.list(&name, after)).await?;
                let page = reply::page(&page)?;
                let listed = page.records.iter();
                let own = listed.filter(|record| record.location.node == dead.node);
                rooms.extend(own.map(|record| (record.room, name.clone())));
                next = page.next;
            }
        }
        Ok(rooms)
    }

    /// Makes a room one's own, with a higher epoch than all before.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn take(
        &self,
        room: RoomId,
        from: Owner,
        shard: ShardId,
        name: &str,
    ) -> Result<Claimed, RecoveryError> {
        let call = self.calls.room_take(room, from, shard, name);
        Ok(reply::claimed(&self.store.call(call).await?)?)
    }

    /// Has the listings of rooms of a name forgotten, but for those that have another owner by now.
    /// How many there were.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn purge(
        &self,
        name: &str,
        dead: Owner,
        rooms: &[RoomId],
    ) -> Result<u64, RecoveryError> {
        match self.store.call(self.calls.purge(name, dead, rooms)).await? {
            Reply::Int(purged) => Ok(u64::try_from(purged).unwrap_or_default()),
            _ => Ok(0),
        }
    }

    /// Has a room's owner forgotten that cannot be restored, and its place in the index.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn forget(&self, room: RoomId, name: &str, dead: Owner) -> Result<(), RecoveryError> {
        let call = self.calls.room_forget(room, dead);
        self.store.call(call).await?;
        self.strike(room, name, dead).await
    }

    /// Takes a room out of the index of an incarnation: it was taken over or forgotten.
    ///
    /// # Errors
    /// [`RecoveryError`] as it says.
    pub async fn strike(&self, room: RoomId, name: &str, dead: Owner) -> Result<(), RecoveryError> {
        let call = self.calls.index_remove(dead, room, name);
        self.store.call(call).await?;
        Ok(())
    }
}
