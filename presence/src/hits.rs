//! How often a limit said no.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Counts by the names of limits, since they were last taken.
#[derive(Debug, Default)]
pub struct Hits(Mutex<BTreeMap<&'static str, u64>>);

impl Hits {
    /// A limit said no so many times.
    pub fn note(&self, limit: &'static str, times: u64) {
        *self.lock().entry(limit).or_default() += times;
    }

    /// The counts since the last call.
    pub fn take(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
