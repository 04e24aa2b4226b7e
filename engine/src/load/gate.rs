//! Several runs against one server measure at the same time: none before all have joined.

use std::sync::atomic::{AtomicU32, Ordering};

/// Opens once each of so many runs has come to it.
#[derive(Debug)]
pub(crate) struct Gate {
    missing: AtomicU32,
}

impl Gate {
    /// A gate for so many runs.
    pub(crate) const fn new(runs: u32) -> Self {
        Self {
            missing: AtomicU32::new(runs),
        }
    }

    /// One of the runs is here. To be called once by each.
    pub(super) fn arrive(&self) {
        self.missing.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn is_open(&self) -> bool {
        self.missing.load(Ordering::Acquire) == 0
    }
}
