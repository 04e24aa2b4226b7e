//! Tables as bytes that thaw to the same: slots, groups, and the shadow where it differs.
//!
//! Dirty marks need no bytes: a row is marked that differs from its shadow, and a mark on one that
//! does not differ says nothing.

use downbeat_schemas::id::GroupId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::row::{Row, Sent};
use super::slots::Slots;
use super::table::Entry;
use super::{Component, Key, Single, Table};

/// Beyond every limit: a slot in damaged bytes must not cost memory.
const SLOTS_MAX: usize = 1 << 25;

/// `K` and `C` are references for freezing and values for thawing.
#[derive(Serialize, Deserialize)]
struct FrozenTable<K, C> {
    rows: Vec<(usize, K, FrozenRow<C>)>,
}

/// The row now, its group, whether it is gone, the group that viewers know it in (none if they do
/// not know it), and the row that they know, if it is another. Without names: there are many rows.
#[derive(Serialize, Deserialize)]
struct FrozenRow<C>(C, GroupId, bool, Option<GroupId>, Option<C>);

impl<C: Component> Row<C> {
    fn freeze(&self) -> FrozenRow<&C> {
        let sent = self.sent.as_ref();
        let shadow = sent.filter(|sent| self.now.diff(&sent.row) != 0);
        FrozenRow(
            &self.now,
            self.group,
            self.gone,
            sent.map(|sent| sent.group),
            shadow.map(|sent| &sent.row),
        )
    }

    fn thaw(frozen: FrozenRow<C>) -> Self {
        let FrozenRow(now, group, gone, known, shadow) = frozen;
        let sent = known.map(|group| Sent {
            row: shadow.unwrap_or_else(|| now.clone()),
            group,
        });
        Self {
            now,
            group,
            gone,
            sent,
        }
    }
}

impl<K: Key, C: Component + Serialize> Serialize for Table<K, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.slots.iter();
        let rows = rows.map(|(slot, entry)| (slot, &entry.key, entry.row.freeze()));
        FrozenTable {
            rows: rows.collect(),
        }
        .serialize(serializer)
    }
}

impl<'de, K: Key, C: Component + Deserialize<'de>> Deserialize<'de> for Table<K, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let frozen = FrozenTable::<K, C>::deserialize(deserializer)?;
        Self::thaw(frozen).map_err(D::Error::custom)
    }
}

impl<K: Key, C: Component> Table<K, C> {
    fn thaw(frozen: FrozenTable<K, C>) -> Result<Self, &'static str> {
        if !frozen.rows.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("a frozen table gives one slot to two rows");
        }
        if frozen.rows.last().is_some_and(|row| row.0 >= SLOTS_MAX) {
            return Err("a frozen table has a slot beyond all limits");
        }
        let mut table = Self::new();
        let mut entries = Vec::with_capacity(frozen.rows.len());
        for (slot, key, row) in frozen.rows {
            let row = Row::thaw(row);
            table.dirty.cover(slot);
            if row.differs() {
                table.dirty.mark(slot);
            }
            if !row.gone && table.keys.insert(key.clone(), slot).is_some() {
                return Err("a frozen table gives one key to two rows");
            }
            entries.push((slot, Entry { key, row }));
        }
        table.slots = Slots::restore(entries);
        Ok(table)
    }
}

impl<C: Component + Serialize> Serialize for Single<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row.freeze().serialize(serializer)
    }
}

impl<'de, C: Component + Deserialize<'de>> Deserialize<'de> for Single<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = Row::thaw(FrozenRow::deserialize(deserializer)?);
        let dirty = row.differs();
        Ok(Self { row, dirty })
    }
}
