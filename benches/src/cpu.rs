//! One core of the machine, for a thread that shares it with nobody of ours.

use std::io;

use rustix::thread::{CpuSet, sched_setaffinity};

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
