//! A number under a key.

use std::sync::Arc;
use std::time::Duration;

use crate::handle::Living;
use crate::{Operation, Pending, Presence, PresenceError};

/// A number under a key: how many play, how often somebody tried.
///
/// Two that increment at the same time both count. Errors come in the futures: [`PresenceError`] if
/// the sum has no place in 64 bits, the key holds something else, or the store cannot be reached.
///
/// ```
/// # use downbeat_presence::testing::{answer, presence};
/// # let (presence, _) = presence();
/// let playing = presence.counter("playing");
/// # answer(async {
/// assert_eq!(playing.increment(2).await?, 2);
/// assert_eq!(playing.decrement(1).await?, 1);
/// assert_eq!(playing.value().await?, 1);
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// # })?;
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Counter {
    presence: Presence,
    key: Arc<str>,
    living: Living,
}

impl Counter {
    pub(crate) fn new(presence: &Presence, key: &str) -> Self {
        Self {
            presence: presence.clone(),
            key: key.into(),
            living: Living::ByDefault,
        }
    }

    /// The same, but that it lives for so long from each change on.
    #[must_use]
    pub fn living(self, after: Duration) -> Self {
        let living = Living::FromEachWrite(after);
        Self { living, ..self }
    }

    /// The same, but that it lives for so long from the change on that makes it: so many in a
    /// minute, and then anew.
    #[must_use]
    pub fn living_once(self, after: Duration) -> Self {
        let living = Living::FromTheFirst(after);
        Self { living, ..self }
    }

    /// Adds; the sum.
    pub fn increment(&self, by: u32) -> Pending<Result<i64, PresenceError>> {
        self.add(i64::from(by))
    }

    /// Subtracts; the difference, which may be below zero.
    pub fn decrement(&self, by: u32) -> Pending<Result<i64, PresenceError>> {
        self.add(-i64::from(by))
    }

    /// Adds what may be below zero; the sum.
    pub fn add(&self, by: i64) -> Pending<Result<i64, PresenceError>> {
        let life = self.presence.life(self.living);
        self.presence
            .number(&self.key, Operation::Increment { by, life })
    }

    /// The number; 0 if there is no such counter.
    pub fn value(&self) -> Pending<Result<i64, PresenceError>> {
        self.presence.number(&self.key, Operation::Value)
    }
}
