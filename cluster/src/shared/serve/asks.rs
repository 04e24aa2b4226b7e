//! Rooms of all nodes, by their id and in lists.

use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;
use tokio::time::sleep;

use super::Driver;
use crate::shared::owner::RoomOwner;
use crate::shared::reply;
use crate::shared::store::Store;
use crate::{Filter, LocateError, Located, Location, RoomRecord};

/// Longer than Redis Cluster takes for a failover.
const FAILOVER_MAX: Duration = Duration::from_secs(6);
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// That there is no such room is believed once it was said for so long: a master that has just
/// taken over may answer before anybody has noticed that it did.
const BELIEVED_AFTER: Duration = Duration::from_millis(200);

impl<S: Store + 'static> Driver<S> {
    /// Leaves the question without an answer if the store does.
    pub(super) async fn list(&self, name: Option<&str>, answer: oneshot::Sender<Vec<RoomRecord>>) {
        if let Some(rooms) = self.rooms(name).await {
            let _ = answer.send(rooms);
        }
    }

    async fn rooms(&self, name: Option<&str>) -> Option<Vec<RoomRecord>> {
        let names = match name {
            Some(name) => vec![name.to_owned()],
            None => {
                let own = self.0.desk.look(|state| state.dirty.names());
                self.asked(self.calls().names(&own), reply::names).await?
            }
        };
        let mut rooms = Vec::new();
        for name in names {
            let mut next = Some(Vec::new());
            while let Some(after) = next {
                let call = self.calls().list(&name, after);
                let page = self.asked(call, reply::page).await?;
                rooms.extend(page.records);
                next = page.next;
            }
        }
        Some(rooms)
    }

    pub(super) async fn locate(&self, room: RoomId, answer: oneshot::Sender<Located>) {
        let _ = answer.send(self.located(room).await);
    }

    async fn located(&self, room: RoomId) -> Located {
        let Some(owner) = self.owner_of(room).await? else {
            return Ok(None);
        };
        let call = self.calls().listing(&owner.name, room);
        let listed = self.call(call).await.ok();
        let listed = listed.and_then(|listed| reply::listing(&listed));
        let location = location(&owner);
        Ok(Some(Arc::new(match listed {
            Some(record) => RoomRecord {
                location,
                epoch: owner.title.epoch,
                ..record
            },
            None => unlisted(&owner),
        })))
    }

    /// Asks again while the store does not answer, or what it answers is in doubt: a client whose room
    /// is not found gives it up, and a third of the rooms is out of reach while one master fails
    /// over.
    async fn owner_of(&self, room: RoomId) -> Result<Option<RoomOwner>, LocateError> {
        let until = self.now().after(FAILOVER_MAX);
        let mut unknown_since = None;
        loop {
            let call = self.calls().room_read(room);
            let owner = self.asked(call, |reply| reply::room_owner(room, reply));
            let owner = owner.await;
            let now = self.now();
            match owner {
                Some(Some(owner)) => return Ok(Some(owner)),
                Some(None) if !self.0.desk.look(|state| state.is_in_doubt(now)) => {
                    let since = *unknown_since.get_or_insert(now);
                    if now.since(since) >= BELIEVED_AFTER {
                        return Ok(None);
                    }
                }
                _ => unknown_since = None,
            }
            if now >= until {
                return Err(LocateError);
            }
            sleep(ASK_AGAIN).await;
        }
    }
}

fn location(owner: &RoomOwner) -> Location {
    Location {
        node: owner.owner.node,
        shard: owner.shard,
    }
}

/// A room whose owner is known but whose listing is out of reach, or still to come: enough to lead
/// there who knows its id.
fn unlisted(owner: &RoomOwner) -> RoomRecord {
    RoomRecord {
        room: owner.room,
        name: owner.name.as_str().into(),
        location: location(owner),
        epoch: owner.title.epoch,
        clients: 0,
        clients_max: 0,
        locked: true,
        private: true,
        metadata: serde_json::Value::Null,
        filter: Filter::default(),
        created_at: Timestamp(owner.title.born_ms.saturating_mul(1_000_000)),
        public_address: None,
    }
}
