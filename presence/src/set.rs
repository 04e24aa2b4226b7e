//! A set of texts under a key.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::handle::Living;
use crate::{Answer, Operation, Pending, Presence, PresenceError};

/// A set of texts under a key: who is online, which rooms a player is in.
///
/// At most `presence_members_max` members. Errors come in the futures: [`PresenceError`] if
/// something is too large or too many, the key holds something else, or the store cannot be reached.
///
/// ```
/// # use downbeat_presence::testing::{answer, presence};
/// # let (presence, clock) = presence();
/// use std::time::Duration;
///
/// let online = presence.set("online").living(Duration::from_secs(30));
/// # answer(async {
/// assert!(online.add("ann").await?);
/// assert!(!online.add("ann").await?, "she was there");
/// assert!(online.contains("ann").await?);
/// # clock.pass(Duration::from_secs(30));
/// // Half a minute later, and nothing was added:
/// assert_eq!(online.len().await?, 0);
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// # })?;
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Set {
    presence: Presence,
    key: Arc<str>,
    living: Living,
}

impl Set {
    pub(crate) fn new(presence: &Presence, key: &str) -> Self {
        Self {
            presence: presence.clone(),
            key: key.into(),
            living: Living::ByDefault,
        }
    }

    /// The same, but that the whole set lives for so long from each [`add`](Self::add) on.
    #[must_use]
    pub fn living(self, after: Duration) -> Self {
        let living = Living::FromEachWrite(after);
        Self { living, ..self }
    }

    /// The same, but that the set lives for so long from the `add` on that makes it.
    #[must_use]
    pub fn living_once(self, after: Duration) -> Self {
        let living = Living::FromTheFirst(after);
        Self { living, ..self }
    }

    /// Adds a member. False: it was there.
    pub fn add(&self, member: &str) -> Pending<Result<bool, PresenceError>> {
        let (member, life) = (member.to_owned(), self.presence.life(self.living));
        self.presence
            .flag(&self.key, Operation::Add { member, life })
    }

    /// Removes a member; the set's time is what it was. False: it was not there.
    pub fn remove(&self, member: &str) -> Pending<Result<bool, PresenceError>> {
        let member = member.to_owned();
        self.presence.flag(&self.key, Operation::Take { member })
    }

    /// Whether this is a member.
    pub fn contains(&self, member: &str) -> Pending<Result<bool, PresenceError>> {
        let member = member.to_owned();
        self.presence
            .flag(&self.key, Operation::Contains { member })
    }

    /// All members.
    pub fn members(&self) -> Pending<Result<BTreeSet<String>, PresenceError>> {
        let read = |answer| match answer {
            Answer::Members(members) => Some(members),
            _ => None,
        };
        self.presence.ask(&self.key, Operation::Members, read)
    }

    /// How many members there are; 0 if there is no such set.
    #[allow(clippy::len_without_is_empty, reason = "it is a question to a store")]
    pub fn len(&self) -> Pending<Result<u64, PresenceError>> {
        let read = |answer| match answer {
            Answer::Count(count) => Some(count),
            _ => None,
        };
        self.presence.ask(&self.key, Operation::Len, read)
    }
}
