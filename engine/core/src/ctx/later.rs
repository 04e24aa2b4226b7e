//! What happens later: timers, spawned futures, the end.

use std::time::Duration;

use super::Ctx;
use crate::room::Room;
use crate::timer::TimerId;

impl<R: Room> Ctx<R> {
    /// Brings `timer` to `on_timer` in the first tick that starts after `delay`.
    ///
    /// # Panics
    /// If the room has `timers_max` timers.
    pub fn after(&mut self, delay: Duration, timer: R::Timer) -> TimerId {
        self.set_timer(delay, None, timer)
    }

    /// Brings `timer` to `on_timer` each time that `interval` has passed, at most once per tick.
    /// The beat is kept: a late tick does not shift it, and what was missed is not made up.
    ///
    /// # Panics
    /// If the room has `timers_max` timers.
    pub fn every(&mut self, interval: Duration, timer: R::Timer) -> TimerId {
        self.set_timer(interval, Some(interval), timer)
    }

    /// Takes a timer back. Returns whether it was still to come.
    pub fn cancel(&mut self, timer: TimerId) -> bool {
        self.timers.cancel(timer)
    }

    /// Runs a future beside the room, and `then` with its output in the first tick after its end.
    ///
    /// For what a hook cannot wait for: a database, a file, another server. The future does not
    /// see the room. A room with futures under way cannot be frozen; one that ends forgets `then`.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// use downbeat::{Ctx, Room};
    ///
    /// async fn best_score() -> u32 {
    ///     4_200 // from a database
    /// }
    ///
    /// fn ask<R: Room<Event = u32>>(ctx: &mut Ctx<R>) {
    ///     ctx.spawn(best_score(), |_room, score, ctx| ctx.broadcast(&score));
    /// }
    /// ```
    ///
    /// # Panics
    /// If the room waits for `spawned_max` futures.
    pub fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut R, T, &mut Self) + 'static,
    ) {
        let max = self.limits.spawned_max;
        assert!(
            (self.spawner.pending() as u64) < max,
            "the room waits for spawned_max = {max} futures: let some end first"
        );
        self.spawner.spawn(future, then);
    }

    /// Ends the room with this tick: `on_leave` of everybody, `on_dispose`, connections closed
    /// with 4003. Events that were sent still arrive.
    pub const fn dispose(&mut self) {
        self.disposing = true;
    }

    fn set_timer(&mut self, delay: Duration, every: Option<Duration>, timer: R::Timer) -> TimerId {
        let max = self.limits.timers_max;
        assert!(
            (self.timers.len() as u64) < max,
            "the room has timers_max = {max} timers: cancel some first"
        );
        self.timers.set(self.now.after(delay), every, timer)
    }
}
