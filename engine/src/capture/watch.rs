//! A shard's eye on its ticks.

use std::time::Duration;

use downbeat_core::host::{AnyRoom, FreezeError};
use downbeat_schemas::time::Timestamp;

#[cfg(feature = "profile")]
use crate::profile::{Sampler, StackSample};
use crate::server::settings::CaptureSettings;

/// Samples per second of a running shard: some 30 in a tick of 60 ms, for 1 % of the time that it
/// runs. A sample costs some 20 µs (`downbeat replay` with and without `--profile`).
#[cfg(feature = "profile")]
const SAMPLES_HZ: u32 = 500;
/// At most one line of the log in this time: a shard whose every tick is slow says so once.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Which ticks are slow, and what is kept ready for the case.
#[derive(Debug)]
pub(crate) struct Watch {
    slow_tick: Duration,
    captures: bool,
    #[cfg(feature = "profile")]
    sampler: Result<Sampler, String>,
    /// The room before the present step. Memory that all rooms of the shard use in turn.
    frozen: Vec<u8>,
    /// What is there of the room before the present step. None if nobody asked.
    before: Option<Before<()>>,
    next_log: Timestamp,
    unlogged: u64,
}

/// A room before a step: here, frozen into a `T`, or in its own recording.
#[derive(Debug)]
pub(crate) enum Before<T> {
    Frozen(Result<T, FreezeError>),
    Recorded,
}

/// What was kept of a step that turned out slow.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The room before it.
    pub(crate) before: Before<Vec<u8>>,
    #[cfg(feature = "profile")]
    pub(crate) samples: Result<Vec<StackSample>, String>,
}

impl Watch {
    /// Must be called on the shard's thread: it is the one that is sampled.
    pub(crate) fn new(settings: &CaptureSettings) -> Self {
        let captures = settings.folder.is_some() && !settings.slow_tick.is_zero();
        Self {
            slow_tick: match settings.slow_tick {
                Duration::ZERO => Duration::MAX,
                slow_tick => slow_tick,
            },
            captures,
            #[cfg(feature = "profile")]
            sampler: sampler(captures),
            frozen: Vec::new(),
            before: None,
            next_log: Timestamp(0),
            unlogged: 0,
        }
    }

    /// Whether slow ticks are captured at all.
    pub(crate) const fn captures(&self) -> bool {
        self.captures
    }

    /// The time from which on a tick is slow.
    pub(crate) const fn slow_tick(&self) -> Duration {
        self.slow_tick
    }

    /// Before a step that is to be captured if it turns out slow.
    pub(crate) fn freeze(&mut self, room: &dyn AnyRoom, now: Timestamp) {
        let frozen = room.freeze_into(now, &mut self.frozen);
        self.before = Some(Before::Frozen(frozen));
    }

    /// The same, of a room whose recording will know the step.
    pub(crate) fn rely_on_recording(&mut self) {
        self.before = Some(Before::Recorded);
    }

    /// Before anything of a step: what was sampled until now is not its.
    pub(crate) fn begin(&mut self) {
        self.before = None;
        #[cfg(feature = "profile")]
        if let Ok(sampler) = &mut self.sampler {
            sampler.discard();
        }
    }

    /// What is known of the step, if it was made ready for.
    pub(crate) fn take_evidence(&mut self) -> Option<Evidence> {
        let before = match self.before.take()? {
            Before::Frozen(frozen) => Before::Frozen(frozen.map(|()| self.frozen.clone())),
            Before::Recorded => Before::Recorded,
        };
        Some(Evidence {
            before,
            #[cfg(feature = "profile")]
            samples: match &mut self.sampler {
                Ok(sampler) => Ok(sampler.take()),
                Err(why) => Err(why.clone()),
            },
        })
    }

    /// Whether this slow tick gets a line of the log: then, how many before it got none.
    pub(crate) fn may_log(&mut self, now: Timestamp) -> Option<u64> {
        if now < self.next_log {
            self.unlogged += 1;
            return None;
        }
        self.next_log = now.after(LOG_EVERY);
        Some(std::mem::take(&mut self.unlogged))
    }
}

#[cfg(feature = "profile")]
fn sampler(captures: bool) -> Result<Sampler, String> {
    if !captures {
        return Err("slow ticks are not captured".to_owned());
    }
    let sampler = Sampler::of_this_thread(SAMPLES_HZ);
    sampler.map_err(|refused| {
        tracing::warn!("captures of slow ticks will have no flame graph: {refused}");
        refused.to_string()
    })
}
