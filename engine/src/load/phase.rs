//! The stages of a run.

use downbeat_schemas::time::Timestamp;

/// Where the run stands. Each phase but the last has its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Until all have joined or failed.
    Joining {
        until: Timestamp,
    },
    /// Until other runs, against the same server, have joined too.
    Gathering,
    WarmUp {
        until: Timestamp,
    },
    Measuring {
        until: Timestamp,
    },
    Leaving {
        until: Timestamp,
    },
    Over,
}
