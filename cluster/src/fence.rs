//! Until when a node may tick its rooms.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use downbeat_schemas::time::Timestamp;

/// The time at which a node's right to its rooms ends, on the node's clock; read by its shards before
/// each tick and before each output, moved by the thread that renews the lease.
///
/// ```
/// use downbeat_cluster::Fence;
/// use downbeat_schemas::time::Timestamp;
///
/// let fence = Fence::shut();
/// assert!(!fence.holds(Timestamp(0)));
/// fence.set(Timestamp(5));
/// assert!(fence.holds(Timestamp(4)) && !fence.holds(Timestamp(5)));
/// assert!(Fence::open().holds(Timestamp(u64::MAX - 1)));
/// ```
#[derive(Clone, Debug)]
pub struct Fence(Arc<AtomicU64>);

impl Fence {
    /// A right without an end: that of a node on its own.
    pub fn open() -> Self {
        Self(Arc::new(AtomicU64::new(Timestamp::NEVER.0)))
    }

    /// No right yet.
    pub fn shut() -> Self {
        Self(Arc::new(AtomicU64::new(0)))
    }

    /// Whether the right lasts at `now`: one atomic load.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.ends_at()
    }

    /// When it ends.
    pub fn ends_at(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Acquire))
    }

    /// Moves the end.
    pub fn set(&self, ends_at: Timestamp) {
        self.0.store(ends_at.0, Ordering::Release);
    }
}
