//! What is done to sets, hashes and counters.

use std::collections::{BTreeMap, BTreeSet};

use super::Machine;
use crate::value::{Value, number, size};
use crate::{Life, PresenceError};

impl Machine {
    pub(super) fn add(
        &mut self,
        key: &str,
        member: String,
        life: Life,
    ) -> Result<bool, PresenceError> {
        let set = self.set(key)?;
        let is_new = set.is_none_or(|set| !set.contains(&member));
        if is_new {
            let len = set.map_or(0, BTreeSet::len);
            self.admit(key, "members of the set", len, size(member.len()))?;
            self.bytes += size(member.len());
            let value = self.value(key, || Value::Set(BTreeSet::new()), life);
            if let Value::Set(members) = value {
                members.insert(member);
            }
        } else {
            self.renew(key, life);
        }
        Ok(is_new)
    }

    pub(super) fn take(&mut self, key: &str, member: &str) -> Result<bool, PresenceError> {
        self.set(key)?;
        let Some(Value::Set(members)) = self.find(key) else {
            return Ok(false);
        };
        let (was_there, is_empty) = (members.remove(member), members.is_empty());
        if was_there {
            self.bytes -= size(member.len());
        }
        self.forget_if_empty(key, is_empty);
        Ok(was_there)
    }

    pub(super) fn put(
        &mut self,
        key: &str,
        field: String,
        value: Vec<u8>,
        life: Life,
    ) -> Result<bool, PresenceError> {
        let fields = self.hash(key)?;
        let former = fields.and_then(|fields| fields.get(&field));
        let (is_new, len) = (former.is_none(), fields.map_or(0, BTreeMap::len));
        let freed = former.map_or(0, |former| size(field.len() + former.len()));
        let added = size(field.len() + value.len());
        if is_new {
            self.admit(key, "fields of the hash", len, added)?;
        } else {
            self.admit_bytes(added.saturating_sub(freed))?;
        }
        self.bytes = self.bytes + added - freed;
        let hash = self.value(key, || Value::Hash(BTreeMap::new()), life);
        if let Value::Hash(fields) = hash {
            fields.insert(field, value);
        }
        Ok(is_new)
    }

    pub(super) fn drop_field(&mut self, key: &str, field: &str) -> Result<bool, PresenceError> {
        self.hash(key)?;
        let Some(Value::Hash(fields)) = self.find(key) else {
            return Ok(false);
        };
        let (dropped, is_empty) = (fields.remove(field), fields.is_empty());
        if let Some(value) = &dropped {
            self.bytes -= size(field.len() + value.len());
        }
        self.forget_if_empty(key, is_empty);
        Ok(dropped.is_some())
    }

    pub(super) fn increment_field(
        &mut self,
        key: &str,
        field: String,
        by: i64,
        life: Life,
    ) -> Result<i64, PresenceError> {
        let value = self.hash(key)?.and_then(|fields| fields.get(&field));
        let former = value.map_or(Some(0), |value| number(value));
        let former = former.ok_or(PresenceError::NotANumber)?;
        let sum = former.checked_add(by).ok_or(PresenceError::Overflow)?;
        self.put(key, field, sum.to_string().into_bytes(), life)?;
        Ok(sum)
    }

    pub(super) fn increment(
        &mut self,
        key: &str,
        by: i64,
        life: Life,
    ) -> Result<i64, PresenceError> {
        let sum = self.counter(key)?.checked_add(by);
        let sum = sum.ok_or(PresenceError::Overflow)?;
        if !self.keys.contains_key(key) {
            self.admit_bytes(size(key.len()))?;
        }
        *self.value(key, || Value::Counter(0), life) = Value::Counter(sum);
        Ok(sum)
    }
}
