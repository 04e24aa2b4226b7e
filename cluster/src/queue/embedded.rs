//! The queues of one node, in its memory.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Mutex, PoisonError};

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::line::Line;
use super::{
    Claim, Entrant, QueueCounts, QueueError, Queues, Settlement, Tended, Tending, Waiting,
};
use crate::Pending;

/// Queues for a node on its own.
#[derive(Debug)]
pub struct EmbeddedQueues {
    entrants_max: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: BTreeMap<String, Line>,
    refused: u64,
}

impl EmbeddedQueues {
    /// Empty queues that keep to these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            entrants_max: limits.queue_entrants_max,
            kept: Mutex::default(),
        }
    }

    /// Runs one step of a line, which is kept while somebody is in it.
    fn step<T: Send + 'static>(
        &self,
        queue: &str,
        step: impl FnOnce(&mut Line, &mut u64) -> T,
    ) -> Pending<Result<T, QueueError>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { lines, refused } = &mut *kept;
        let mut line = lines.remove(queue).unwrap_or_default();
        let answer = step(&mut line, refused);
        if !line.is_empty() {
            lines.insert(queue.to_owned(), line);
        }
        Box::pin(ready(Ok(answer)))
    }
}

impl Queues for EmbeddedQueues {
    fn tend(
        &self,
        queue: &str,
        tending: Tending,
        now: Timestamp,
    ) -> Pending<Result<Tended, QueueError>> {
        let max = self.entrants_max;
        self.step(queue, |line, refused| {
            let (tended, more) = line.tend(tending, max, now);
            *refused += more;
            tended
        })
    }

    fn take_turn(
        &self,
        queue: &str,
        now: Timestamp,
    ) -> Pending<Result<Option<Vec<Waiting>>, QueueError>> {
        self.step(queue, |line, _| line.take_turn(now))
    }

    fn claim(
        &self,
        queue: &str,
        claim: Claim,
        now: Timestamp,
    ) -> Pending<Result<Vec<Option<Vec<Entrant>>>, QueueError>> {
        self.step(queue, |line, _| line.claim(&claim, now))
    }

    fn settle(
        &self,
        queue: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Pending<Result<bool, QueueError>> {
        self.step(queue, |line, _| line.settle(settlement, now))
    }

    fn expire(&self, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.lines.retain(|_, line| {
            line.expire(now);
            !line.is_empty()
        });
    }

    fn counts(&self) -> QueueCounts {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        QueueCounts {
            entrants: kept.lines.values().map(|line| line.len() as u64).sum(),
            refused: kept.refused,
        }
    }
}
