//! How other threads wake a shard.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use downbeat_net::socket::Waker;

/// Wakes a sleeping shard; costs one atomic read while the shard is awake.
///
/// The shard announces its sleep, looks at its queues once more, and sleeps; whoever puts something
/// into a queue rings afterwards. Either the shard sees what was put, or the ringer sees the sleep.
#[derive(Debug)]
pub(crate) struct Bell {
    asleep: AtomicBool,
    waker: Waker,
}

impl Bell {
    /// # Errors
    /// If the process has no file descriptor left.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            asleep: AtomicBool::new(false),
            waker: Waker::new()?,
        })
    }

    /// The descriptor that becomes readable when the bell rings: for the shard's poller.
    pub(crate) const fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Wakes the shard if it sleeps.
    pub(crate) fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    /// The shard is about to sleep; it must look at its queues after this.
    pub(crate) fn announce_sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// The shard is up.
    pub(crate) fn announce_awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}
