//! Due rooms: step, flush, measure.

use downbeat_cluster::Fact;
use downbeat_core::host::AnyRoom;
use downbeat_net::Delivery;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::outlet::SocketOutlet;
use super::rooms::RoomKey;
use super::sockets::Role;
use crate::capture::{Part, StepTimes};

impl Shard {
    /// Ticks the rooms whose deadline has come, the earliest first. Each at most once per turn:
    /// a shard that cannot keep up still reads its sockets.
    pub(super) fn tick_due_rooms(&mut self) {
        let turn_began = self.clock.now();
        while self.may_tick(self.clock.now())
            && let Some(key) = self.rooms.pop_due(turn_began)
        {
            self.tick(key);
        }
    }

    /// This node is in touch with the others again: its rooms are due.
    pub(super) fn thaw(&mut self, now: Timestamp) {
        self.thaw_hubs(now);
        self.stay_busy(now);
    }

    /// Whether the rooms of this shard are its node's at `now`. If not, they are frozen: no tick, no
    /// word to anybody, until they are again or are known to be another's.
    pub(super) fn may_tick(&self, now: Timestamp) -> bool {
        let fence = &self.desk.node.fence;
        fence.holds(now) && fence.life() == self.life
    }

    fn tick(&mut self, key: RoomKey) {
        let fence = self.desk.node.fence.ends_at();
        let began = self.clock.now();
        let mut times = StepTimes::new(self.clock, began, self.watch.slow_tick());
        self.watch.begin();
        self.read_regulars(key, began);
        #[cfg(feature = "cli")]
        self.move_puppets(key, began);
        times.end(Part::Read);
        self.get_ready(key, began);
        times.end(Part::Freeze);
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let stepped = slot.room.step_timed(began, &mut times);
        self.note_tick(key, began, fence);
        self.flush_room(key, began);
        self.flush_frames(key, began);
        times.end(Part::Flush);
        let took = self.clock.now().since(began);
        self.tick_time += took;
        self.measure(key, &stepped, began, took);
        self.judge(key, began, &stepped, &times);
        self.after_room(key);
    }

    fn note_tick(&mut self, key: RoomKey, began: Timestamp, fence: Timestamp) {
        if !self.pen.is_on() {
            return;
        }
        let done = self.clock.now();
        let spoke = self.may_tick(done);
        if let Some(slot) = self.rooms.find_mut(key) {
            let (room, epoch) = (slot.room.room_id(), slot.epoch);
            let tick = Fact::Tick {
                room,
                epoch,
                fence,
                done,
                spoke,
            };
            self.pen.note(began, tick);
        }
    }

    /// Hands out what a room has to say, and looks after the sockets that did not take it.
    ///
    /// A frozen room keeps it for later.
    pub(super) fn flush_room(&mut self, key: RoomKey, now: Timestamp) {
        if !self.may_tick(self.clock.now()) {
            return;
        }
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let mut troubled = std::mem::take(&mut self.troubled);
        let mut outlet = SocketOutlet {
            sockets: &mut self.sockets,
            relayed: slot.relayed.as_deref_mut(),
            stats: &mut self.stats,
            batch: &mut self.batch,
            limits: &self.limits,
            now,
            troubled: &mut troubled,
            presence: &self.desk.node.presence,
        };
        slot.room.flush(now, &mut outlet);
        for (id, delivery) in troubled.drain(..) {
            self.tend(id, delivery, now);
        }
        self.troubled = troubled;
    }

    /// A socket did not take a message whole.
    pub(super) fn tend(&mut self, id: ConnectionId, delivery: Delivery, now: Timestamp) {
        match delivery {
            Delivery::Overflow => {
                self.stats.limit_hit("outbox_bytes_max");
                self.pause(id);
            }
            Delivery::SlowReader => {
                self.stats.limit_hit("outbox_window_ms");
                self.part(id, CloseCode::SlowReader, "reads too slowly", now);
            }
            Delivery::Sent | Delivery::Queued | Delivery::Skipped | Delivery::Lost => {}
        }
        self.settle(id, now);
    }

    /// Composes nothing for a client until its socket takes bytes again.
    fn pause(&mut self, id: ConnectionId) {
        match self.sockets.find_mut(id).map(|socket| socket.role) {
            Some(Role::Player { room, seat }) => {
                if let Some(slot) = self.rooms.find_mut(room) {
                    slot.room.pause(seat);
                }
            }
            Some(Role::Relayed(place)) => self.relay_pause(place),
            _ => {}
        }
    }

    fn measure(
        &mut self,
        key: RoomKey,
        stepped: &downbeat_core::host::Stepped,
        began: Timestamp,
        took: std::time::Duration,
    ) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let name = slot.definition.room_type().name();
        self.stats.take(name, &slot.room.take_counters());
        self.stats
            .limits_hit_by("catch_up_steps_max", stepped.skipped.min(1));
        if !self.desk.node.settings.metrics {
            return;
        }
        let meter = &mut self.stats.room(name).ticks;
        meter.skipped += stepped.skipped;
        slot.tally.skipped += stepped.skipped;
        // Steps that catch up share the time that all of them took.
        let each = took / stepped.ran.max(1);
        for (number, due) in (0u32..).zip(stepped.starts()) {
            let lateness = began.after(each * number).since(due);
            meter.record(lateness, each);
            slot.tally.note(lateness, each);
            if let Some(room_meter) = &mut slot.meter {
                room_meter.ticks.record(lateness, each);
            }
        }
    }
}
