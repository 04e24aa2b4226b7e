//! Fields with values under a key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::handle::Living;
use crate::{Answer, Operation, Pending, Presence, PresenceError};

/// Fields with values under a key: what all rooms know of a player.
///
/// At most `presence_members_max` fields. Errors come in the futures: [`PresenceError`] if
/// something is too large or too many, the key holds something else, or the store cannot be reached.
///
/// ```
/// # use downbeat_presence::testing::{answer, presence};
/// # let (presence, _) = presence();
/// let ann = presence.hash("player:ann");
/// # answer(async {
/// ann.set("room", b"canyon").await?;
/// assert_eq!(ann.increment("wins", 1).await?, 1);
/// assert_eq!(ann.field("room").await?.as_deref(), Some(&b"canyon"[..]));
/// assert_eq!(ann.all().await?.len(), 2);
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// # })?;
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hash {
    presence: Presence,
    key: Arc<str>,
    living: Living,
}

impl Hash {
    pub(crate) fn new(presence: &Presence, key: &str) -> Self {
        Self {
            presence: presence.clone(),
            key: key.into(),
            living: Living::ByDefault,
        }
    }

    /// The same, but that the whole hash lives for so long from each [`set`](Self::set) or
    /// [`increment`](Self::increment) on.
    #[must_use]
    pub fn living(self, after: Duration) -> Self {
        let living = Living::FromEachWrite(after);
        Self { living, ..self }
    }

    /// The same, but that the hash lives for so long from the write on that makes it.
    #[must_use]
    pub fn living_once(self, after: Duration) -> Self {
        let living = Living::FromTheFirst(after);
        Self { living, ..self }
    }

    /// Sets a field. False: there was one, and its value is another now.
    pub fn set(&self, field: &str, value: &[u8]) -> Pending<Result<bool, PresenceError>> {
        let operation = Operation::Put {
            field: field.to_owned(),
            value: value.to_vec(),
            life: self.presence.life(self.living),
        };
        self.presence.flag(&self.key, operation)
    }

    /// The value of a field, if there is one.
    pub fn field(&self, field: &str) -> Pending<Result<Option<Vec<u8>>, PresenceError>> {
        let field = field.to_owned();
        let read = |answer| match answer {
            Answer::Value(value) => Some(value),
            _ => None,
        };
        self.presence
            .ask(&self.key, Operation::Field { field }, read)
    }

    /// Removes a field; the hash's time is what it was. False: there was none.
    pub fn remove(&self, field: &str) -> Pending<Result<bool, PresenceError>> {
        let field = field.to_owned();
        self.presence.flag(&self.key, Operation::Drop { field })
    }

    /// All fields.
    pub fn all(&self) -> Pending<Result<BTreeMap<String, Vec<u8>>, PresenceError>> {
        let read = |answer| match answer {
            Answer::Fields(fields) => Some(fields),
            _ => None,
        };
        self.presence.ask(&self.key, Operation::Fields, read)
    }

    /// Adds to a field that holds a number in decimal digits, or is not there yet; the sum.
    ///
    /// Two that increment at the same time both count.
    pub fn increment(&self, field: &str, by: i64) -> Pending<Result<i64, PresenceError>> {
        let operation = Operation::IncrementField {
            field: field.to_owned(),
            by,
            life: self.presence.life(self.living),
        };
        self.presence.number(&self.key, operation)
    }
}
