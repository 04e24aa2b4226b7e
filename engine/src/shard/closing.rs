//! The end of a shard: rooms are told, clients are told, and then it is over in bounded time.

use downbeat_cluster::Fact;
use downbeat_core::host::AnyRoom;
use std::time::Duration;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::sockets::Role;

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
            self.part(
                id,
                CloseCode::ServerShutdown,
                "the server is shutting down",
                now,
            );
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
    /// became others' or were given up. Their clients are to ask again.
    fn abandon(&mut self, now: Timestamp) {
        for key in self.rooms.keys() {
            self.hand_over_recorded(key);
            if let Some(slot) = self.rooms.remove(key) {
                let (room, why) = (slot.room.room_id(), "moved");
                self.pen.note(now, Fact::Dropped { room, why });
            }
        }
        self.hubs.forget();
        let reason = "this node was out of touch with the others and its rooms are gone from it";
        for id in self.sockets.ids() {
            let socket = self.sockets.find_mut(id);
            if socket.is_some_and(|socket| matches!(socket.role, Role::Player { .. })) {
                self.part(id, CloseCode::Moved, reason, now);
                self.settle(id, now);
            }
        }
        self.stay_busy(now);
    }

    /// Whether the shard was told to end, and has nothing left to do or no time.
    pub(super) fn is_over(&self) -> bool {
        self.end_by
            .is_some_and(|end_by| !self.sockets.any_awaited() || self.clock.now() >= end_by)
    }
}
