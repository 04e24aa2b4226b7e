//! What is told of a replay.

use std::fmt;
use std::time::Duration;

use downbeat_core::host::RoomState;
use downbeat_core::record::{Ending, Label, ReplayError, Replayed};
use downbeat_schemas::time::Tick;

use crate::capture::TickTimes;

/// What a replay did and found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) label: Label,
    pub(crate) last: Tick,
    pub(crate) ticks: u64,
    pub(crate) steps: u64,
    /// Steps whose hash was compared, and the same.
    pub(crate) checked: u64,
    pub(crate) slowest: TickTimes,
    pub(crate) took: Duration,
    pub(crate) error: Option<ReplayError>,
    pub(crate) ending: Option<Ending>,
    pub(crate) room_state: RoomState,
    /// The room's state as JSON, if it was asked for.
    pub(crate) state: Option<Result<serde_json::Value, String>>,
    /// The samples of the flame graph, if one was asked for; or why there is none.
    pub(crate) profile: Option<Result<u64, String>>,
}

impl Report {
    pub(super) fn new(label: &Label) -> Self {
        Self {
            label: label.clone(),
            last: label.tick,
            ticks: 0,
            steps: 0,
            checked: 0,
            slowest: TickTimes::default(),
            took: Duration::ZERO,
            error: None,
            ending: None,
            room_state: RoomState::Running,
            state: None,
            profile: None,
        }
    }

    pub(super) fn add(&mut self, replayed: &Replayed, slowest: &TickTimes) {
        self.ticks += u64::from(replayed.stepped.ran);
        self.steps += 1;
        self.checked += u64::from(replayed.checked);
        self.last = replayed.last();
        if slowest.total() > self.slowest.total() {
            self.slowest = *slowest;
        }
    }

    /// How long the room lived through what was replayed.
    fn lived(&self) -> Duration {
        let ticks = self.last.0.saturating_sub(self.label.tick.0);
        Duration::from_secs(1) * u32::try_from(ticks).unwrap_or(u32::MAX)
            / u32::from(self.label.tick_hz.max(1))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = &self.label;
        writeln!(
            f,
            "{} {}, part {}, recorded by release {}",
            label.room_name, label.room, label.part, label.release
        )?;
        let lived = self.lived().as_secs_f64();
        writeln!(
            f,
            "ticks {} to {}: {} run in {:.3} s, {:.0} times as fast as they were lived ({lived:.1} s)",
            label.tick.next().0,
            self.last.0,
            self.ticks,
            self.took.as_secs_f64(),
            lived / self.took.as_secs_f64().max(1e-9),
        )?;
        writeln!(
            f,
            "{} of {} steps have the recorded hash; the others were recorded without one",
            self.checked, self.steps
        )?;
        let parts = self.slowest.parts_ms();
        writeln!(
            f,
            "slowest tick: {} with {:.3} ms (inputs {:.3}, timers {:.3}, on_tick {:.3}, encode {:.3}, flush and hash {:.3})",
            self.slowest.tick.0,
            crate::capture::ms(self.slowest.total()),
            parts.inputs,
            parts.timers,
            parts.on_tick,
            parts.encode,
            parts.flush,
        )?;
        if let RoomState::Failed { hook, message } = &self.room_state {
            writeln!(f, "the room failed in {hook:?}: {message}")?;
        }
        match (&self.error, self.ending) {
            (Some(error), _) => writeln!(f, "stopped after tick {}: {error}", self.last.0),
            (None, Some(ending)) => writeln!(f, "the end: {}", words(ending)),
            (None, None) => writeln!(f, "stopped after tick {} as told", self.last.0),
        }
    }
}

const fn words(ending: Ending) -> &'static str {
    match ending {
        Ending::RoomEnded => "the room ended",
        Ending::Full => "the file was full, the next part goes on",
        Ending::Spawned => {
            "the result of a future came, which cannot be recorded; the next part begins after it"
        }
        Ending::Captured => "a capture holds one step",
        Ending::Stopped => "the recording was stopped",
        Ending::Cut => "the disk was too slow for what came then; the next part begins later",
    }
}
