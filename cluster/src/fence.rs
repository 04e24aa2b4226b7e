//! Until when a node may tick its rooms.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use downbeat_schemas::time::Timestamp;

/// The time at which a node's right to its rooms ends, on the node's clock; read by its shards before
/// each tick and before each output, moved by the thread that renews the lease.
///
/// It also counts the node's lives: a room of a former life must not tick because the present one
/// has a right, even if nobody has told its shard yet.
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
///
/// let life = fence.life();
/// fence.end_life();
/// assert!(fence.life() != life && !fence.holds(Timestamp(4)));
/// ```
#[derive(Clone, Debug)]
pub struct Fence(Arc<State>);

#[derive(Debug)]
struct State {
    ends_at: AtomicU64,
    life: AtomicU64,
}

impl Fence {
    /// A right without an end: that of a node on its own.
    pub fn open() -> Self {
        Self::at(Timestamp::NEVER)
    }

    /// No right yet.
    pub fn shut() -> Self {
        Self::at(Timestamp(0))
    }

    fn at(ends_at: Timestamp) -> Self {
        Self(Arc::new(State {
            ends_at: AtomicU64::new(ends_at.0),
            life: AtomicU64::new(0),
        }))
    }

    /// Whether the right lasts at `now`: one atomic load.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.ends_at()
    }

    /// When it ends.
    pub fn ends_at(&self) -> Timestamp {
        Timestamp(self.0.ends_at.load(Ordering::Acquire))
    }

    /// Moves the end.
    pub fn set(&self, ends_at: Timestamp) {
        self.0.ends_at.store(ends_at.0, Ordering::Release);
    }

    /// Which life of the node the right belongs to: how many have ended.
    pub fn life(&self) -> u64 {
        self.0.life.load(Ordering::Acquire)
    }

    /// The node was declared dead: its right ends at once, and the next is another life's.
    pub fn end_life(&self) {
        self.set(Timestamp(0));
        self.0.life.fetch_add(1, Ordering::AcqRel);
    }
}
