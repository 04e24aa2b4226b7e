//! Where shards hand over what they counted.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use downbeat_schemas::id::ShardId;

use super::ShardStats;

/// A place for each shard. Boxes change hands here, and nothing is copied.
#[derive(Debug)]
pub(crate) struct Board(Vec<Mutex<Place>>);

#[derive(Debug, Default)]
struct Place {
    /// Handed over, and not yet collected.
    full: Option<Box<ShardStats>>,
    /// Empty, for the shard to count on with.
    spare: Option<Box<ShardStats>>,
}

impl Board {
    pub(crate) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Mutex::default()).collect())
    }

    /// Takes what a shard has counted, and leaves it an empty one. The shard does not wait: if the
    /// clerk is at the place or has not been there since, it goes on counting and hands over more
    /// the next time.
    pub(crate) fn hand_over(&self, shard: ShardId, stats: &mut Box<ShardStats>) {
        let mut place = match self.0[usize::from(shard.0)].try_lock() {
            Ok(place) => place,
            // Whoever panicked there has only moved boxes.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if place.full.is_none() {
            let spare = place.spare.take().unwrap_or_default();
            place.full = Some(std::mem::replace(stats, spare));
        }
    }

    /// What a shard has handed over, once.
    pub(super) fn collect(&self, shard: ShardId) -> Option<Box<ShardStats>> {
        self.place(shard).full.take()
    }

    /// Gives a shard an empty box for the one that was collected.
    pub(super) fn give_back(&self, shard: ShardId, spare: Box<ShardStats>) {
        self.place(shard).spare = Some(spare);
    }

    fn place(&self, shard: ShardId) -> MutexGuard<'_, Place> {
        let place = &self.0[usize::from(shard.0)];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARD: ShardId = ShardId(0);

    #[test]
    fn nothing_is_lost_or_counted_twice_whoever_is_late() {
        let board = Board::new(1);
        let mut stats = Box::<ShardStats>::default();
        let mut collected = 0;
        for second in 0..100u64 {
            stats.total.connections += second;
            board.hand_over(SHARD, &mut stats);
            // The clerk comes to every third, and finds what the shard could hand over.
            if second % 3 == 0
                && let Some(mut full) = board.collect(SHARD)
            {
                collected += full.total.connections;
                full.clear();
                board.give_back(SHARD, full);
            }
        }
        let handed = board
            .collect(SHARD)
            .map_or(0, |full| full.total.connections);
        let all = collected + handed + stats.total.connections;
        assert_eq!(all, (0..100).sum::<u64>());
        assert!(board.collect(SHARD).is_none());
    }
}
