//! One cluster for all tests of a binary: starting one takes seconds.

use std::ops::Deref;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::cluster::Cluster;

/// Ended by the watchdog: a `static` is not dropped.
static CLUSTER: LazyLock<RwLock<Cluster>> = LazyLock::new(|| RwLock::new(Cluster::start()));

/// The cluster, for a test that breaks nothing and uses keys of its own. Others may use it at the
/// same time, and slots may be anywhere.
///
/// # Panics
/// If the cluster does not start.
pub fn together() -> Together {
    Together(CLUSTER.read().unwrap_or_else(PoisonError::into_inner))
}

/// The cluster, for a test that kills, pauses or moves something. Nobody else uses it meanwhile;
/// when it is given back, it is healed.
///
/// # Panics
/// If the cluster does not start.
pub fn alone() -> Alone {
    Alone(CLUSTER.write().unwrap_or_else(PoisonError::into_inner))
}

/// See [`together`].
#[derive(Debug)]
pub struct Together(RwLockReadGuard<'static, Cluster>);

/// See [`alone`].
#[derive(Debug)]
pub struct Alone(RwLockWriteGuard<'static, Cluster>);

impl Deref for Together {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Deref for Alone {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let is_whole = self.0.heal();
        // A second panic would hide the first.
        assert!(
            is_whole || std::thread::panicking(),
            "the cluster did not heal"
        );
    }
}
