//! Rows by key.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use downbeat_schemas::id::{GroupId, Slot};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::reflect::TableSchema;

use super::dirty::DirtyBits;
use super::row::Row;
use super::slots::Slots;
use super::{Component, FieldSink, Key, Replicated, RowMut};
use crate::change::{Change, ChangeKind};

/// Rows by key. What changes in them reaches the clients that watch the rows' groups.
///
/// Iteration is in the order of the rows' slots: a new row takes the lowest free one. The order is
/// the same in every run with the same inputs, and after a freeze and thaw.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::{Component, GroupId, SessionId, Table, TableFull};
/// # #[derive(Component, Clone)]
/// # struct Player { x: f32, hp: u16 }
/// # fn main() -> Result<(), TableFull> {
/// let mut players = Table::new();
/// players.insert(SessionId(1), Player { x: 0.0, hp: 100 })?;
/// if let Some(mut player) = players.get_mut(&SessionId(1)) {
///     player.hp -= 10;
/// }
/// for (session, mut player) in players.iter_mut() {
///     player.x += 1.0;
/// }
/// players.place(&SessionId(1), GroupId(7));
/// # Ok(())
/// # }
/// ```
pub struct Table<K, C> {
    pub(super) slots: Slots<Entry<K, C>>,
    pub(super) keys: BTreeMap<K, usize>,
    pub(super) dirty: DirtyBits,
    rows_max: u64,
    refused: u64,
}

#[derive(Debug)]
pub(super) struct Entry<K, C> {
    pub(super) key: K,
    pub(super) row: Row<C>,
}

/// A table with as many rows as the limit `rows_max` allows; nothing was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the table has {rows_max} rows, the most there may be: remove rows, or raise the limit `rows_max`"
)]
pub struct TableFull {
    /// The limit.
    pub rows_max: u64,
}

impl<K: Key, C: Component> Table<K, C> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a row under `key` and hands back the one that was there, whose group it then keeps.
    /// A new row is in [`GroupId::EVERYONE`] until it is [placed](Self::place).
    ///
    /// # Errors
    /// [`TableFull`] at the limit `rows_max` (until a room's first patch, its default).
    pub fn insert(&mut self, key: K, row: C) -> Result<Option<C>, TableFull> {
        if let Some(mut known) = self.get_mut(&key) {
            return Ok(Some(std::mem::replace(&mut *known, row)));
        }
        if self.keys.len() as u64 >= self.rows_max {
            self.refused += 1;
            return Err(TableFull {
                rows_max: self.rows_max,
            });
        }
        let slot = self.slots.insert(Entry {
            key: key.clone(),
            row: Row::new(row),
        });
        self.keys.insert(key, slot);
        self.dirty.cover(slot);
        self.dirty.mark(slot);
        Ok(None)
    }

    /// Takes a row away.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<C>
    where
        K: Borrow<Q>,
    {
        let slot = self.keys.remove(key)?;
        self.dirty.mark(slot);
        // The row keeps its slot until viewers are told: a slot must not name two rows within one
        // patch.
        let row = &mut self.slots.get_mut(slot)?.row;
        row.gone = true;
        Some(row.now.clone())
    }

    /// Takes all rows away.
    pub fn clear(&mut self) {
        self.keys.clear();
        for (slot, entry) in self.slots.iter_mut() {
            entry.row.gone = true;
            self.dirty.mark(slot);
        }
    }

    /// A row, to read.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&C>
    where
        K: Borrow<Q>,
    {
        Some(&self.entry(key)?.row.now)
    }

    /// A row, to write.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<RowMut<'_, C>>
    where
        K: Borrow<Q>,
    {
        let slot = *self.keys.get(key)?;
        let marker = self.dirty.marker(slot);
        Some(RowMut::new(&mut self.slots.get_mut(slot)?.row.now, marker))
    }

    /// Whether there is a row under `key`.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.keys.contains_key(key)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All rows, to read.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &C)> {
        let entries = self.slots.iter().filter(|(_, entry)| !entry.row.gone);
        entries.map(|(_, entry)| (&entry.key, &entry.row.now))
    }

    /// All rows, to write; those written to are marked.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, RowMut<'_, C>)> {
        let dirty = &self.dirty;
        let entries = self.slots.iter_mut().filter(|(_, entry)| !entry.row.gone);
        entries.map(|(slot, entry)| {
            let row = RowMut::new(&mut entry.row.now, dirty.marker(slot));
            (&entry.key, row)
        })
    }

    /// Moves a row to a group: from the next patch on, those see it who watch the group. False if
    /// there is no such row.
    pub fn place<Q: Ord + ?Sized>(&mut self, key: &Q, group: GroupId) -> bool
    where
        K: Borrow<Q>,
    {
        let Some(&slot) = self.keys.get(key) else {
            return false;
        };
        let Some(entry) = self.slots.get_mut(slot) else {
            return false;
        };
        if entry.row.group != group {
            entry.row.group = group;
            self.dirty.mark(slot);
        }
        true
    }

    /// The group of a row.
    pub fn group<Q: Ord + ?Sized>(&self, key: &Q) -> Option<GroupId>
    where
        K: Borrow<Q>,
    {
        Some(self.entry(key)?.row.group)
    }

    fn entry<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Entry<K, C>>
    where
        K: Borrow<Q>,
    {
        self.slots.get(*self.keys.get(key)?)
    }
}

impl<K: Key, C: Component> Replicated for Table<K, C> {
    fn schema(name: &str) -> TableSchema {
        TableSchema {
            name: name.to_owned(),
            key: Some(K::field_type()),
            fields: C::fields(),
        }
    }

    fn fields(&self) -> usize {
        C::FIELDS
    }

    fn has_keys(&self) -> bool {
        true
    }

    fn collect(&mut self, changed: &mut dyn FnMut(GroupId, Slot, ChangeKind)) {
        let slots = &mut self.slots;
        self.dirty.drain(|slot| {
            if let Some(entry) = slots.get_mut(slot) {
                entry.row.collect(Slot(slot as u32), changed);
                if entry.row.gone {
                    slots.remove(slot);
                }
            }
        });
    }

    fn known(&self, row: &mut dyn FnMut(Slot, GroupId)) {
        for (slot, entry) in self.slots.iter() {
            if let Some(sent) = &entry.row.sent {
                row(Slot(slot as u32), sent.group);
            }
        }
    }

    fn put_keys(&self, rows: &[Change], sink: &mut dyn FieldSink) {
        for change in rows {
            self.known_row(change.slot).0.put(sink);
        }
    }

    fn put_column(&self, field: usize, rows: &[Change], sink: &mut dyn FieldSink) {
        for change in rows {
            self.known_row(change.slot).1.visit(field, sink);
        }
    }

    fn limit_rows(&mut self, rows_max: u64) -> u64 {
        self.rows_max = rows_max;
        std::mem::take(&mut self.refused)
    }
}

impl<K: Key, C: Component> Table<K, C> {
    fn known_row(&self, slot: Slot) -> (&K, &C) {
        let entry = self.slots.get(slot.0 as usize);
        let known = entry.and_then(|entry| Some((&entry.key, &entry.row.sent.as_ref()?.row)));
        known.expect(
            "only rows that viewers know are encoded, and they stay until the next collection",
        )
    }
}

impl<K, C> Default for Table<K, C> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            keys: BTreeMap::new(),
            dirty: DirtyBits::default(),
            rows_max: Limits::default().rows_max,
            refused: 0,
        }
    }
}

impl<K: Key + fmt::Debug, C: Component + fmt::Debug> fmt::Debug for Table<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
