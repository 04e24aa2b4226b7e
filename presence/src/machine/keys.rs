//! How keys come, are found, live and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::{Kept, Machine};
use crate::value::{Value, size};
use crate::{Life, PresenceError};

impl Machine {
    pub(super) fn expire(&mut self, key: &str, after_ms: u64) -> bool {
        let life = Life {
            after_ms,
            renews: true,
        };
        self.renew(key, life);
        self.keys.contains_key(key)
    }

    pub(super) fn remove(&mut self, key: &str) -> bool {
        let Some((key, kept)) = self.keys.remove_entry(key) else {
            return false;
        };
        self.bytes -= size(key.len()) + kept.value.bytes();
        self.expiries.remove(&(kept.expires_at, key));
        true
    }

    pub(super) fn set(&self, key: &str) -> Result<Option<&BTreeSet<String>>, PresenceError> {
        match self.keys.get(key).map(|kept| &kept.value) {
            None => Ok(None),
            Some(Value::Set(members)) => Ok(Some(members)),
            Some(_) => Err(PresenceError::WrongKind),
        }
    }

    pub(super) fn hash(
        &self,
        key: &str,
    ) -> Result<Option<&BTreeMap<String, Vec<u8>>>, PresenceError> {
        match self.keys.get(key).map(|kept| &kept.value) {
            None => Ok(None),
            Some(Value::Hash(fields)) => Ok(Some(fields)),
            Some(_) => Err(PresenceError::WrongKind),
        }
    }

    pub(super) fn counter(&self, key: &str) -> Result<i64, PresenceError> {
        match self.keys.get(key).map(|kept| &kept.value) {
            None => Ok(0),
            Some(Value::Counter(number)) => Ok(*number),
            Some(_) => Err(PresenceError::WrongKind),
        }
    }

    pub(super) fn find(&mut self, key: &str) -> Option<&mut Value> {
        self.keys.get_mut(key).map(|kept| &mut kept.value)
    }

    /// The value of a key that is written to, made if it is not there.
    pub(super) fn value(
        &mut self,
        key: &str,
        new: impl FnOnce() -> Value,
        life: Life,
    ) -> &mut Value {
        if self.keys.contains_key(key) {
            self.renew(key, life);
        }
        let expires_at = end_of(life, self.now);
        let (bytes, expiries) = (&mut self.bytes, &mut self.expiries);
        let kept = self.keys.entry(key.into()).or_insert_with_key(|key| {
            *bytes += size(key.len());
            expiries.insert((expires_at, Arc::clone(key)));
            Kept {
                value: new(),
                expires_at,
            }
        });
        &mut kept.value
    }

    pub(super) fn renew(&mut self, key: &str, life: Life) {
        let expires_at = end_of(life, self.now);
        if let Some(kept) = self.keys.get_mut(key)
            && life.renews
        {
            let former = std::mem::replace(&mut kept.expires_at, expires_at);
            let key = self.expiries.take(&(former, key.into()));
            let key = key.map(|(_, key)| key);
            self.expiries.extend(key.map(|key| (expires_at, key)));
        }
    }

    /// Whether there is room for one more element in a key, which may have to be made.
    pub(super) fn admit(
        &mut self,
        key: &str,
        what: &'static str,
        len: usize,
        bytes: u64,
    ) -> Result<(), PresenceError> {
        let max = self.members_max;
        if len as u64 >= max {
            let limit = "presence_members_max";
            return Err(PresenceError::TooMany { what, max, limit });
        }
        let key = if len == 0 { size(key.len()) } else { 0 };
        self.admit_bytes(key + bytes)
    }

    pub(super) fn admit_bytes(&mut self, more: u64) -> Result<(), PresenceError> {
        if self.bytes + more > self.bytes_max {
            self.sweep(usize::MAX);
        }
        match self.bytes + more > self.bytes_max {
            true => Err(PresenceError::Full),
            false => Ok(()),
        }
    }

    pub(super) fn forget_if_empty(&mut self, key: &str, is_empty: bool) {
        if is_empty {
            self.remove(key);
        }
    }

    pub(super) fn forget_if_expired(&mut self, key: &str) {
        let kept = self.keys.get(key);
        if kept.is_some_and(|kept| kept.expires_at <= self.now) {
            self.remove(key);
        }
    }

    /// Gives back the memory of so many keys whose time has come.
    pub(super) fn sweep(&mut self, at_most: usize) {
        for _ in 0..at_most {
            let next = self.expiries.first();
            let Some((_, key)) = next.filter(|(expires_at, _)| *expires_at <= self.now) else {
                return;
            };
            let key = Arc::clone(key);
            self.remove(&key);
        }
    }
}

fn end_of(life: Life, now: Timestamp) -> Timestamp {
    now.after(Duration::from_millis(life.after_ms))
}
