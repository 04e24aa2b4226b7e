//! The end of a shard: rooms are told, clients are told, and then it is over in bounded time.

use downbeat_cluster::Fact;
use downbeat_core::host::AnyRoom;
use std::time::Duration;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::RoomKey;
use super::sockets::Role;

/// What those are told whose room goes on at another node: they come back by a third one.
pub(super) const EDGE_CLOSES: &str = "this node is shutting down and the room is at another";

impl Shard {
    /// Ends all rooms and begins to close all connections.
    pub(super) fn shut_down(&mut self, now: Timestamp, patience: Duration) {
        self.end_by = Some(now.after(patience));
        for key in self.rooms.keys() {
            if let Some(slot) = self.rooms.find_mut(key) {
                slot.room.shut_down(now);
            }
            self.after_room(key);
        }
        for id in self.sockets.ids() {
            let role = self.sockets.find_mut(id).map(|socket| socket.role);
            let (code, reason) = match role {
                Some(Role::Relayed(_)) => (CloseCode::Moved, EDGE_CLOSES),
                _ => (CloseCode::ServerShutdown, "the server is shutting down"),
            };
            self.part(id, code, reason, now);
            self.settle(id, now);
        }
        self.stay_busy(now);
    }

    /// If this node was declared dead, its rooms are others'.
    pub(super) fn end_former_life(&mut self) {
        let life = self.desk.node.fence.life();
        if life != self.life {
            self.life = life;
            self.abandon(self.clock.now());
        }
    }

    /// Drops all rooms as they are, without a word of theirs: while this node was out of touch they
    /// became others' or were given up.
    fn abandon(&mut self, now: Timestamp) {
        for key in self.rooms.keys() {
            self.drop_room(key, now);
        }
        self.hubs.forget();
    }

    /// Drops one room likewise, if it is here.
    pub(super) fn lose_room(&mut self, room: RoomId, now: Timestamp) {
        if let Some(key) = self.rooms.key(room) {
            self.drop_room(key, now);
        }
    }

    /// Its clients are to ask again.
    fn drop_room(&mut self, dropped: RoomKey, now: Timestamp) {
        self.hand_over_recorded(dropped);
        if let Some(slot) = self.rooms.remove(dropped) {
            let (room, why) = (slot.room.room_id(), "moved");
            // Of a record that is another's by now this takes nothing.
            self.desk.node.registry.withdraw(room);
            self.pen.note(now, Fact::Dropped { room, why });
        }
        for id in self.sockets.ids() {
            let role = self.sockets.find_mut(id).map(|socket| socket.role);
            if matches!(role, Some(Role::Player { room, .. }) if room == dropped) {
                let reason = "this node was out of touch and the room is gone from it";
                self.part(id, CloseCode::Moved, reason, now);
                self.settle(id, now);
            }
        }
        self.stay_busy(now);
    }

    /// Whether the shard was told to end, and has nothing left to do or no time.
    pub(super) fn is_over(&self) -> bool {
        self.end_by.is_some_and(|end_by| {
            let is_awaited = self.sockets.any_awaited() || !self.hubs.are_settled();
            !is_awaited || self.clock.now() >= end_by
        })
    }
}
