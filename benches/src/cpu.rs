//! One core of the machine, for a thread that shares it with nobody of ours.

use std::io;
use std::num::NonZeroU64;

use rustix::thread::{CpuSet, sched_setaffinity, set_current_timer_slack};

/// What the kernel refused.
#[derive(Debug, thiserror::Error)]
pub enum CpuError {
    /// No such core, or not for this process.
    #[error(
        "could not pin the thread to core {core}: {source}; `taskset -p $$` shows those allowed"
    )]
    Pin {
        /// Its number.
        core: usize,
        /// What the kernel said.
        source: io::Error,
    },
    /// The timers of this thread cannot be made precise.
    #[error("could not set the timer slack to 1 ns: {0}")]
    TimerSlack(io::Error),
}

/// Keeps the calling thread on `core`.
///
/// # Errors
/// [`CpuError::Pin`] if the core is not this process's to use.
pub fn pin(core: usize) -> Result<(), CpuError> {
    if core >= CpuSet::MAX_CPU {
        let source = io::Error::from(io::ErrorKind::InvalidInput);
        return Err(CpuError::Pin { core, source });
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| CpuError::Pin {
        core,
        source: error.into(),
    })
}

/// Lets timers of the calling thread fire when they are due, not when it suits the kernel: by
/// default it may gather wake-ups of 50 µs.
///
/// # Errors
/// [`CpuError::TimerSlack`] if the kernel refuses.
pub fn wake_on_time() -> Result<(), CpuError> {
    let slack_ns = NonZeroU64::new(1);
    set_current_timer_slack(slack_ns).map_err(|error| CpuError::TimerSlack(error.into()))
}
