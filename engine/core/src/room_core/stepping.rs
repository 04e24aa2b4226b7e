//! The ticks that are due.

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::time::{Tick, Timestamp};

use super::RoomCore;
use crate::host::{Hook, RoomState, Stepped, Stopwatch, TickPhase};
use crate::room::{Leave, Room};
use crate::seat::Phase;

impl<R: Room> RoomCore<R> {
    pub(super) fn run_due_ticks(
        &mut self,
        now: Timestamp,
        stopwatch: &mut dyn Stopwatch,
    ) -> Stepped {
        let first = self.schedule.next();
        let due = self.due(now).min(self.ctx.limits.catch_up_steps_max);
        let mut ran = 0;
        while u64::from(ran) < due && self.running() {
            self.run_tick(stopwatch);
            ran += 1;
        }
        let skipped = self.due(now);
        self.schedule.advance(skipped);
        self.ctx.counters.ticks_skipped += skipped;
        self.collect_if_due();
        stopwatch.lap(TickPhase::Encode);
        Stepped {
            first,
            ran,
            skipped,
            failed: matches!(self.state, RoomState::Failed { .. }),
            schedule: self.schedule,
            origin: self.origin,
        }
    }

    fn due(&self, now: Timestamp) -> u64 {
        match self.state {
            RoomState::Running => self.schedule.due(now),
            _ => 0,
        }
    }

    fn run_tick(&mut self, stopwatch: &mut dyn Stopwatch) {
        stopwatch.begin(self.schedule.next());
        self.ctx.tick = self.schedule.next();
        self.ctx.now = self.schedule.deadline();
        self.ctx.events_bytes = 0;
        self.ctx.counters.ticks += 1;
        self.schedule.advance(1);
        self.give_up_expired_seats();
        self.run_finished();
        self.read_mail();
        stopwatch.lap(TickPhase::Inputs);
        self.run_timers();
        stopwatch.lap(TickPhase::Timers);
        self.call(Hook::OnTick, |room, ctx| room.on_tick(ctx));
        self.end_if_over();
        stopwatch.lap(TickPhase::OnTick);
        self.note_patch();
    }

    fn give_up_expired_seats(&mut self) {
        while let Some(slot) = self.ctx.seats.expired(self.ctx.now) {
            let phase = self.ctx.seats.at(slot).map(|seat| seat.phase);
            if let Some(Phase::Reserved { .. }) = phase {
                self.ctx.counters.reservations_expired += 1;
                self.release(slot);
            } else {
                // Nobody is connected to a held seat, so the code reaches nobody.
                self.leave(slot, Leave::Dropped, CloseCode::Normal, "");
                self.let_kicked_leave();
            }
        }
    }

    fn run_finished(&mut self) {
        for then in self.ctx.spawner.take_finished() {
            match then {
                Ok(then) => {
                    self.call(Hook::Spawned, |room, ctx| then(room, ctx));
                }
                Err(message) if self.running() => self.fail(Hook::Spawned, message),
                Err(_) => {}
            }
        }
    }

    fn run_timers(&mut self) {
        let horizon = self.ctx.timers.horizon(self.ctx.now);
        loop {
            let fired = self.call(Hook::OnTimer, |room, ctx| {
                let timer = ctx.timers.pop(horizon)?;
                room.on_timer(timer, ctx);
                Some(())
            });
            if fired.flatten().is_none() {
                return;
            }
        }
    }

    /// A patch is due with each multiple of `patch_every`, or after it if that tick was skipped.
    fn note_patch(&mut self) {
        let every = u64::from(R::CONFIG.patch_every);
        let Tick(tick) = self.ctx.tick;
        if tick / every != self.patched.0 / every {
            self.patched = self.ctx.tick;
            self.patch_due = true;
        }
    }
}
