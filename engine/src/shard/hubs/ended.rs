//! Hubs of rooms that have ended: their edges are still to hear it.

use downbeat_cluster::relay::{Turn, Up};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::{Hubs, Relayed, publish};
use crate::shard::Shard;

impl Shard {
    /// Keeps the hub of a room that ended until its edges have heard the end.
    pub(in crate::shard) fn keep_hub(&mut self, room: RoomId, relayed: Option<Box<Relayed>>) {
        if let Some(relayed) = relayed {
            self.hubs.ended.insert(room, relayed);
        }
    }

    pub(super) fn hear_of_ended(&mut self, room: RoomId, up: &Up, now: Timestamp) {
        let Some(mut relayed) = self.hubs.ended.remove(&room) else {
            return;
        };
        let connections = &mut self.hubs.connections;
        let mut next_id = || Hubs::next_connection(connections);
        let mut turns = Vec::new();
        let _ = relayed.hub.accept(now, up, &mut next_id, &mut turns);
        for turn in turns {
            if let Turn::Connect { connection, .. } = turn {
                let reason = "the room has ended";
                relayed.close(connection, CloseCode::UnknownRoom, reason);
            }
        }
        self.publish_ended(room, relayed, now);
    }

    pub(super) fn serve_ended(&mut self, room: RoomId, now: Timestamp) {
        let Some(mut relayed) = self.hubs.ended.remove(&room) else {
            return;
        };
        relayed.queued = Timestamp::NEVER;
        relayed.hub.expire(now, &mut Vec::new());
        self.publish_ended(room, relayed, now);
    }

    /// An ended room's hub goes when all edges have heard the end.
    pub(super) fn publish_ended(
        &mut self,
        room: RoomId,
        mut relayed: Box<Relayed>,
        now: Timestamp,
    ) {
        let Some(post) = &self.desk.node.post else {
            return;
        };
        if self.desk.node.fence.holds(now) {
            publish(&mut relayed, room, post, &mut self.hubs, now);
        }
        if !relayed.hub.is_settled() {
            self.hubs.ended.insert(room, relayed);
        } else {
            self.hubs.due.remove(&(relayed.queued, room));
        }
    }
}
