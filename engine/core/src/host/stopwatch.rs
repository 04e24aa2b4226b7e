//! How a shard, which has a clock, times a room, which has none.

use downbeat_schemas::time::Tick;

/// A part of a tick, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TickPhase {
    /// Expired seats, results of futures, and the mailbox: joins, inputs, leaves.
    Inputs,
    /// The timers that are due.
    Timers,
    /// `on_tick`, and the room's end if it has come.
    OnTick,
    /// What changed, collected and packed: once for all ticks of a step.
    Encode,
}

/// Told when a tick begins and when each of its phases has ended.
///
/// The phases of a tick follow each other without a gap, so the time of a phase is that since the
/// word before.
pub trait Stopwatch {
    /// The first word of a tick.
    fn begin(&mut self, tick: Tick);

    /// A phase of the tick has ended.
    fn lap(&mut self, phase: TickPhase);
}

/// Times nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStopwatch;

impl Stopwatch for NoStopwatch {
    fn begin(&mut self, _: Tick) {}

    fn lap(&mut self, _: TickPhase) {}
}
