//! How long each part of a tick took.

use std::time::Duration;

use downbeat_core::host::{Stopwatch, TickPhase};
use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// A part of a tick: of the room, or of the shard around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The sockets of regulars, read.
    Read,
    /// The room, frozen for a capture.
    Freeze,
    /// A part of the room.
    Room(TickPhase),
    /// Patches composed and sent.
    Flush,
}

/// One tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TickTimes {
    pub(crate) tick: Tick,
    read: Duration,
    freeze: Duration,
    inputs: Duration,
    timers: Duration,
    on_tick: Duration,
    encode: Duration,
    flush: Duration,
}

/// The parts of a tick in milliseconds, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartsMs {
    /// The sockets of clients that send in every tick, read.
    pub read: f64,
    /// The room, frozen for a capture.
    pub freeze: f64,
    /// Joins, inputs, leaves, and results of futures.
    pub inputs: f64,
    /// Timers that were due.
    pub timers: f64,
    /// `on_tick`.
    pub on_tick: f64,
    /// What changed, collected and packed.
    pub encode: f64,
    /// Patches composed and sent.
    pub flush: f64,
}

impl TickTimes {
    pub(crate) fn total(&self) -> Duration {
        let room = self.inputs + self.timers + self.on_tick + self.encode;
        self.read + self.freeze + room + self.flush
    }

    pub(crate) fn parts_ms(&self) -> PartsMs {
        PartsMs {
            read: ms(self.read),
            freeze: ms(self.freeze),
            inputs: ms(self.inputs),
            timers: ms(self.timers),
            on_tick: ms(self.on_tick),
            encode: ms(self.encode),
            flush: ms(self.flush),
        }
    }

    const fn part_mut(&mut self, part: Part) -> &mut Duration {
        match part {
            Part::Read => &mut self.read,
            Part::Freeze => &mut self.freeze,
            Part::Room(TickPhase::Inputs) => &mut self.inputs,
            Part::Room(TickPhase::Timers) => &mut self.timers,
            Part::Room(TickPhase::OnTick) => &mut self.on_tick,
            Part::Room(TickPhase::Encode) => &mut self.encode,
            Part::Flush => &mut self.flush,
        }
    }
}

/// Milliseconds, to the microsecond.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}

/// The ticks of one step: what comes before the first belongs to it, what comes after the last to
/// that. Costs one look at the clock for each part.
#[derive(Debug)]
pub(crate) struct StepTimes {
    clock: Clock,
    /// A tick that takes so long is slow.
    slow: Duration,
    last: Timestamp,
    current: TickTimes,
    slowest: TickTimes,
    slow_before: u64,
}

impl StepTimes {
    pub(crate) fn new(clock: Clock, began: Timestamp, slow: Duration) -> Self {
        Self {
            clock,
            slow,
            last: began,
            slow_before: 0,
            current: TickTimes::default(),
            slowest: TickTimes::default(),
        }
    }

    /// A part has ended.
    pub(crate) fn end(&mut self, part: Part) {
        let now = self.clock.now();
        *self.current.part_mut(part) += now.since(self.last);
        self.last = now;
    }

    /// The tick that took longest, after the last part has ended.
    pub(crate) fn slowest(&self) -> TickTimes {
        let slower = self.current.total() >= self.slowest.total();
        if slower { self.current } else { self.slowest }
    }

    /// How many ticks were slow, after the last part has ended.
    pub(crate) fn slow_ticks(&self) -> u64 {
        self.slow_before + u64::from(self.current.total() >= self.slow)
    }
}

impl Stopwatch for StepTimes {
    fn begin(&mut self, tick: Tick) {
        if self.current.tick != Tick(0) {
            self.slow_before = self.slow_ticks();
            self.slowest = self.slowest();
            self.current = TickTimes::default();
        }
        self.current.tick = tick;
    }

    fn lap(&mut self, phase: TickPhase) {
        self.end(Part::Room(phase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_tick_of_a_step_is_told_and_the_slow_ones_counted() {
        let clock = Clock::start();
        let mut times = StepTimes::new(clock, clock.now(), Duration::from_millis(30));
        times.end(Part::Read);
        for tick in 1..=3 {
            times.begin(Tick(tick));
            times.lap(TickPhase::Inputs);
            if tick < 3 {
                std::thread::sleep(Duration::from_millis(30 * tick * tick));
            }
            times.lap(TickPhase::OnTick);
        }
        times.lap(TickPhase::Encode);
        times.end(Part::Flush);
        assert!(times.slow_ticks() >= 2, "{times:?}");
        let slowest = times.slowest();
        assert!(slowest.total() >= Duration::from_millis(120), "{slowest:?}");
    }
}
