//! The node's clock, as its owner reads it.

use std::fmt;
use std::sync::Arc;

use downbeat_schemas::time::Timestamp;

/// Reads the clock that the node's shards read too (`CLOCK_BOOTTIME`).
#[derive(Clone)]
pub struct DriverClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl DriverClock {
    /// A clock that is read so.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for DriverClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DriverClock")
    }
}
