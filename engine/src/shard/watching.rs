//! Slow ticks: counted, logged, captured.

use downbeat_core::host::{AnyRoom, Stepped};
use downbeat_core::record::{Ending, Entry, Tape};
use downbeat_schemas::time::{Tick, Timestamp};

use super::Shard;
use super::recording::plan_of;
use super::rooms::RoomKey;
use crate::capture::{Capture, Evidence, SlowTick, StepTimes};

impl Shard {
    /// Before a room's step: keeps the room as it is, in case the step turns out slow.
    pub(super) fn get_ready(&mut self, key: RoomKey, now: Timestamp) {
        if !self.watch.captures() || !self.desk.node.scribe.would_capture(now) {
            return;
        }
        // A room that has something to say cannot be frozen.
        self.flush_room(key, now);
        if let Some(slot) = self.rooms.find_mut(key) {
            self.watch.get_ready(&slot.room, now);
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
        let recording = self.recording(key, began, stepped, &evidence);
        self.desk.node.scribe.capture(Capture {
            facts,
            recording,
            #[cfg(feature = "profile")]
            samples: evidence.samples,
        });
    }

    /// The step as a recording: the room before it with its full mailbox, and the room's hash after.
    fn recording(
        &mut self,
        key: RoomKey,
        began: Timestamp,
        stepped: &Stepped,
        evidence: &Evidence,
    ) -> Result<Vec<u8>, String> {
        let frozen = evidence.frozen.as_ref().map_err(ToString::to_string)?;
        let max = self.limits.capture_bytes_max;
        if frozen.len() as u64 > max {
            self.stats.limit_hit("capture_bytes_max");
            let len = frozen.len();
            return Err(format!(
                "{len} bytes are more than capture_bytes_max = {max}"
            ));
        }
        let slot = self.rooms.find_mut(key);
        let slot = slot.ok_or("the room has ended")?;
        let plan = plan_of(&slot.definition, &self.limits);
        let before = Tick(stepped.first.0).before();
        let mut tape = Tape::new(&plan.label(&slot.room, 1, began, before), frozen);
        tape.push(&Entry::Step { now: began });
        let after = slot.room.freeze(began).ok();
        tape.push_flush(after.as_deref());
        tape.end(Ending::Captured);
        Ok(tape.take())
    }
}
