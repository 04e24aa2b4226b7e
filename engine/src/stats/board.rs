//! Where shards put their figures for others to read.

use std::sync::{Mutex, PoisonError};

use downbeat_schemas::id::ShardId;

use super::ShardStats;

/// The last figures of each shard.
#[derive(Debug)]
pub(crate) struct Board(Vec<Mutex<ShardStats>>);

impl Board {
    pub(crate) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Mutex::default()).collect())
    }

    /// Replaces the figures of a shard.
    pub(crate) fn publish(&self, shard: ShardId, stats: &ShardStats) {
        let place = &self.0[usize::from(shard.0)];
        // A reader that panicked has changed nothing.
        stats.clone_into(&mut place.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The figures of all shards, by shard.
    pub(crate) fn read(&self) -> Vec<ShardStats> {
        let shards = self.0.iter();
        shards
            .map(|place| place.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .collect()
    }
}
