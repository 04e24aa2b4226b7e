//! The one clock of a node.

use downbeat_schemas::time::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// The monotonic clock that goes on while the machine sleeps (`CLOCK_BOOTTIME`), as nanoseconds since
/// the node started. Shards share its zero, so that timestamps travel between them.
///
/// A right that ends at a time on this clock ends in time, whatever happened to the machine meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start_ns: u64,
}

impl Clock {
    /// A clock whose zero is now.
    pub(crate) fn start() -> Self {
        Self {
            start_ns: since_boot_ns(),
        }
    }

    /// Its zero, since the machine has started.
    pub(crate) const fn zero_ns(&self) -> u64 {
        self.start_ns
    }

    /// The time: 20 to 30 ns to read.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(since_boot_ns().saturating_sub(self.start_ns))
    }
}

fn since_boot_ns() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    // It counts from zero and never back.
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
