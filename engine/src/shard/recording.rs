//! Recorded rooms: their bytes on the way to the scribe.

use downbeat_core::host::AnyRoom;
use downbeat_core::record::Recorder;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::RoomKey;
use super::watching::plan_of;
use crate::server::definition::RoomDefinition;

impl Shard {
    /// Puts a recorder around a new room, if its type is recorded.
    pub(super) fn record(
        &self,
        room: Box<dyn AnyRoom>,
        definition: &RoomDefinition,
        now: Timestamp,
    ) -> Box<dyn AnyRoom> {
        let name = definition.name();
        let mut recorded = self.desk.node.settings.record.rooms.iter();
        if !recorded.any(|recorded| **recorded == *name) {
            return room;
        }
        let plan = plan_of(definition.room_type(), &self.limits);
        Box::new(Recorder::new(room, plan, now))
    }

    /// Once a second: who is killed while recording loses no more.
    pub(super) fn hand_over_all_recorded(&mut self) {
        if self.desk.node.settings.record.rooms.is_empty() {
            return;
        }
        for key in self.rooms.keys() {
            self.hand_over_recorded(key);
        }
    }

    /// Gives the scribe what a room wrote since the last time.
    pub(super) fn hand_over_recorded(&mut self, key: RoomKey) {
        let (Some(slot), Some(scribe)) = (self.rooms.find_mut(key), &self.desk.node.scribe) else {
            return;
        };
        let room = slot.room.room_id();
        for recorded in slot.room.take_recorded() {
            scribe.append(slot.definition.name(), room, recorded);
        }
    }
}
