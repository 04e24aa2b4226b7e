//! Recorded rooms: their bytes on the way to the scribe.

use std::sync::Arc;

use downbeat_core::host::AnyRoom;
use downbeat_core::record::Plan;
use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::{RoomKey, RoomSlot};
use crate::link::RecordError;
use crate::scribe::Scribe;
use crate::server::definition::RoomDefinition;
use crate::stats::ShardStats;

impl Shard {
    /// Records a new room from its first moment on, if its type is recorded.
    pub(super) fn record_if_asked(&mut self, key: RoomKey, now: Timestamp) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let name = slot.definition.name();
        let mut recorded = self.desk.node.settings.record.rooms.iter();
        if recorded.any(|recorded| **recorded == *name) {
            // That it is too large is in the log.
            let _ = self.start_recording(key, now);
        }
    }

    /// Records a room from now on, or no more.
    pub(super) fn record(
        &mut self,
        room: RoomId,
        on: bool,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let key = self.rooms.key(room).ok_or(RecordError::NoSuchRoom)?;
        if on {
            return self.start_recording(key, now);
        }
        if let Some(slot) = self.rooms.find_mut(key) {
            slot.is_recorded = false;
            slot.room.stop();
        }
        self.hand_over_recorded(key);
        Ok(())
    }

    fn start_recording(&mut self, key: RoomKey, now: Timestamp) -> Result<(), RecordError> {
        // A room that has something to say cannot be frozen.
        self.flush_room(key, now);
        let slot = self.rooms.find_mut(key).ok_or(RecordError::NoSuchRoom)?;
        slot.is_recorded = true;
        slot.room
            .start(plan_of(&slot.definition, &self.limits), now);
        check_size(slot, &mut self.stats)
    }

    /// Once a second: who is killed while recording loses no more.
    pub(super) fn hand_over_all_recorded(&mut self, now: Timestamp) {
        let scribe = &self.desk.node.scribe;
        for slot in self.rooms.iter_mut().filter(|slot| slot.is_recorded) {
            hand_over(slot, scribe);
            // Its file lost its end: the next one begins.
            if !slot.room.is_recording() && scribe.has_caught_up() {
                slot.room
                    .start(plan_of(&slot.definition, &self.limits), now);
            }
            // It may have grown: that is in the log.
            let _ = check_size(slot, &mut self.stats);
        }
    }

    /// Gives the scribe what a room wrote since the last time.
    pub(super) fn hand_over_recorded(&mut self, key: RoomKey) {
        if let Some(slot) = self.rooms.find_mut(key) {
            hand_over(slot, &self.desk.node.scribe);
        }
    }
}

fn hand_over(slot: &mut RoomSlot, scribe: &Scribe) {
    let (name, room) = (slot.definition.name(), slot.room.room_id());
    for recorded in slot.room.take_recorded() {
        if scribe.append(&name, room, recorded).is_err() {
            slot.room.break_off();
        }
    }
}

/// A room that is too large is not recorded.
fn check_size(slot: &mut RoomSlot, stats: &mut ShardStats) -> Result<(), RecordError> {
    let Some(too_large) = slot.room.take_too_large() else {
        return Ok(());
    };
    slot.is_recorded = false;
    stats.limit_hit("recording_bytes_max");
    let (name, room) = (slot.definition.name(), slot.room.room_id());
    tracing::error!(%room, %name, "not recorded: {too_large}");
    Err(RecordError::TooLarge(too_large))
}

/// How rooms of a type are recorded on this node.
pub(super) fn plan_of(definition: &RoomDefinition, limits: &Arc<Limits>) -> Plan {
    Plan {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        room_name: definition.room_type().name().to_owned(),
        tick_hz: definition.room_type().tick_hz(),
        limits: Arc::clone(limits),
        bytes_max: limits.recording_bytes_max,
    }
}
