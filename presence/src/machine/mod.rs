//! The keys of one node and when they expire: pure.
//!
//! | file | what |
//! |---|---|
//! | `elements` | what is done to sets, hashes and counters |
//! | `keys` | how keys come, are found, live and go |

mod elements;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::value::{Value, size};
use crate::{Answer, Operation, PresenceError};

/// Expired keys whose memory is given back with one operation, so that none takes long.
const SWEPT_AT_ONCE: usize = 32;

/// Sets, hashes and counters, each until its time has come. Bounded by `presence_bytes_max` and
/// `presence_members_max`.
///
/// ```
/// use downbeat_presence::{Answer, Life, Machine, Operation};
/// use downbeat_schemas::{limits::Limits, time::Timestamp};
///
/// let mut machine = Machine::new(&Limits::default());
/// let life = Life { after_ms: 10, renews: true };
/// let at_ms = |ms: u64| Timestamp(ms * 1_000_000);
/// machine.apply("wins", Operation::Increment { by: 2, life }, at_ms(0))?;
/// assert_eq!(machine.apply("wins", Operation::Value, at_ms(9))?, Answer::Number(2));
/// assert_eq!(machine.apply("wins", Operation::Value, at_ms(10))?, Answer::Number(0));
/// # Ok::<(), downbeat_presence::PresenceError>(())
/// ```
#[derive(Debug)]
pub struct Machine {
    keys: BTreeMap<Arc<str>, Kept>,
    expiries: BTreeSet<(Timestamp, Arc<str>)>,
    bytes: u64,
    bytes_max: u64,
    members_max: u64,
    /// The latest time that any call has told.
    now: Timestamp,
}

#[derive(Debug)]
struct Kept {
    value: Value,
    expires_at: Timestamp,
}

impl Machine {
    /// Without keys.
    pub const fn new(limits: &Limits) -> Self {
        Self {
            keys: BTreeMap::new(),
            expiries: BTreeSet::new(),
            bytes: 0,
            bytes_max: limits.presence_bytes_max,
            members_max: limits.presence_members_max,
            now: Timestamp(0),
        }
    }

    /// Does something to a key. A key whose time has come is not there, whether or not its memory
    /// was given back.
    ///
    /// # Errors
    /// [`PresenceError`]; nothing was changed then.
    pub fn apply(
        &mut self,
        key: &str,
        operation: Operation,
        now: Timestamp,
    ) -> Result<Answer, PresenceError> {
        self.now = self.now.max(now);
        self.sweep(SWEPT_AT_ONCE);
        self.forget_if_expired(key);
        let answer = self.operate(key, operation);
        debug_assert_eq!(self.keys.len(), self.expiries.len(), "each key expires");
        answer
    }

    /// Keys, those included that expired and whose memory was not given back yet.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What it takes of `presence_bytes_max`.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What holds between calls, whatever was called.
    ///
    /// # Panics
    /// If it does not.
    pub fn invariants(&self) {
        let bytes = self.keys.iter().map(|(key, kept)| {
            assert!(
                self.expiries.contains(&(kept.expires_at, Arc::clone(key))),
                "each key expires"
            );
            size(key.len()) + kept.value.bytes()
        });
        assert_eq!(bytes.sum::<u64>(), self.bytes, "the memory adds up");
        assert!(self.bytes <= self.bytes_max, "and is bounded");
        assert_eq!(self.keys.len(), self.expiries.len(), "once");
        for kept in self.keys.values() {
            let elements = match &kept.value {
                Value::Set(members) => members.len(),
                Value::Hash(fields) => fields.len(),
                Value::Counter(_) => 1,
            };
            assert!(elements > 0 && elements as u64 <= self.members_max);
        }
    }

    fn operate(&mut self, key: &str, operation: Operation) -> Result<Answer, PresenceError> {
        match operation {
            Operation::Add { member, life } => self.add(key, member, life).map(Answer::Flag),
            Operation::Take { member } => self.take(key, &member).map(Answer::Flag),
            Operation::Contains { member } => {
                let set = self.set(key)?;
                Ok(Answer::Flag(set.is_some_and(|set| set.contains(&member))))
            }
            Operation::Members => {
                let members = self.set(key)?.cloned();
                Ok(Answer::Members(members.unwrap_or_default()))
            }
            Operation::Len => {
                let len = self.set(key)?.map_or(0, BTreeSet::len);
                Ok(Answer::Count(len as u64))
            }
            Operation::Put { field, value, life } => {
                self.put(key, field, value, life).map(Answer::Flag)
            }
            Operation::Drop { field } => self.drop_field(key, &field).map(Answer::Flag),
            Operation::Field { field } => {
                let value = self.hash(key)?.and_then(|fields| fields.get(&field));
                Ok(Answer::Value(value.cloned()))
            }
            Operation::Fields => {
                let fields = self.hash(key)?.cloned();
                Ok(Answer::Fields(fields.unwrap_or_default()))
            }
            Operation::IncrementField { field, by, life } => {
                let sum = self.increment_field(key, field, by, life);
                sum.map(Answer::Number)
            }
            Operation::Increment { by, life } => self.increment(key, by, life).map(Answer::Number),
            Operation::Value => self.counter(key).map(Answer::Number),
            Operation::Expire { after_ms } => Ok(Answer::Flag(self.expire(key, after_ms))),
            Operation::Remove => Ok(Answer::Flag(self.remove(key))),
        }
    }
}
