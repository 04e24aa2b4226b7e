//! Slow ticks: counted, logged, captured.

use downbeat_core::host::{AnyRoom, Stepped};
use downbeat_core::record::{Entry, Plan, Recorder, Tape};
use downbeat_schemas::time::{Tick, Timestamp};

use super::Shard;
use super::recording::plan_of;
use super::rooms::{RoomKey, RoomSlot};
use crate::capture::{Before, Capture, SlowTick, StepTimes};

impl Shard {
    /// Before a room's step: keeps the room as it is, in case the step turns out slow.
    pub(super) fn get_ready(&mut self, key: RoomKey, now: Timestamp) {
        if !self.watch.captures() || !self.desk.node.scribe.would_capture(now) {
            return;
        }
        let is_recorded = |slot: &mut RoomSlot| slot.room.will_know_last_step();
        if self.rooms.find_mut(key).is_some_and(is_recorded) {
            return self.watch.rely_on_recording();
        }
        // A room that has something to say cannot be frozen.
        self.flush_room(key, now);
        if let Some(slot) = self.rooms.find_mut(key) {
            self.watch.freeze(&slot.room, now);
        }
    }

    /// After a room's step and flush.
    pub(super) fn judge(
        &mut self,
        key: RoomKey,
        began: Timestamp,
        stepped: &Stepped,
        times: &StepTimes,
    ) {
        let (slowest, slow_ticks) = (times.slowest(), times.slow_ticks());
        if slow_ticks == 0 {
            return;
        }
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let (name, size) = (slot.definition.name(), slot.room.size());
        self.stats.room(&name).ticks.slow += slow_ticks;
        let facts = SlowTick {
            name: name.to_string(),
            room: slot.room.room_id().to_string(),
            shard: self.desk.shard.0,
            tick: slowest.tick.0,
            ticks_in_step: stepped.ran,
            took_ms: crate::capture::ms(slowest.total()),
            parts_ms: slowest.parts_ms(),
            clients: size.clients,
            rows: size.rows,
            release: env!("CARGO_PKG_VERSION").to_owned(),
        };
        if let Some(unlogged) = self.watch.may_log(began) {
            facts.log(unlogged);
        }
        self.capture(key, began, stepped, facts);
    }

    fn capture(&mut self, key: RoomKey, began: Timestamp, stepped: &Stepped, facts: SlowTick) {
        if !self.watch.captures() || !self.desk.node.scribe.may_capture(began) {
            return;
        }
        let Some(evidence) = self.watch.take_evidence() else {
            return;
        };
        let recording = self.recording(key, began, stepped, &evidence.before);
        self.desk.node.scribe.capture(Capture {
            facts,
            recording,
            #[cfg(feature = "profile")]
            samples: evidence.samples,
        });
    }

    /// The step as a recording: the room before it, its inputs, and the room's hash after.
    fn recording(
        &mut self,
        key: RoomKey,
        began: Timestamp,
        stepped: &Stepped,
        before: &Before<Vec<u8>>,
    ) -> Result<Vec<u8>, String> {
        let slot = self.rooms.find_mut(key);
        let slot = slot.ok_or("the room has ended")?;
        let bytes = match before {
            Before::Frozen(frozen) => frozen.as_ref().map_err(ToString::to_string)?.len(),
            Before::Recorded => slot.room.last_step_bytes().unwrap_or(0),
        };
        let max = self.limits.capture_bytes_max;
        if bytes as u64 > max {
            self.stats.limit_hit("capture_bytes_max");
            return Err(format!(
                "{bytes} bytes are more than capture_bytes_max = {max}"
            ));
        }
        let plan = plan_of(&slot.definition, &self.limits);
        match before {
            Before::Frozen(Ok(frozen)) => Ok(step_of(&slot.room, &plan, frozen, began, stepped)),
            _ => slot
                .room
                .last_step()
                .ok_or_else(|| "its recording has ended".to_owned()),
        }
    }
}

/// With the full mailbox frozen, the step alone is left to be said.
fn step_of(
    room: &Recorder,
    plan: &Plan,
    frozen: &[u8],
    began: Timestamp,
    stepped: &Stepped,
) -> Vec<u8> {
    let before = Tick(stepped.first.0).before();
    let label = plan.label(room, 1, began, before);
    let step = Entry::Step { now: began }.to_bytes();
    let after = room.freeze(began).ok();
    Tape::of_step(&label, frozen, &step, after.as_deref())
}
