//! The reference client: rows in, tables out, by the reader's rules of [`rows`](crate::rows).

use std::collections::BTreeMap;

use crate::id::{GroupId, Slot};
use crate::reflect::{StateSchema, TableSchema};
use crate::rows::{Op, RowsError, Section, Sections, Value};
use crate::server::RowsKind;

/// What one client sees of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    schema: StateSchema,
    tables: Vec<Rows>,
}

type Rows = BTreeMap<Slot, Row>;

/// A row as a client knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The group it is in.
    pub group: GroupId,
    /// None in a single row.
    pub key: Option<Value>,
    /// In the order of the schema.
    pub fields: Vec<Value>,
}

/// What a message did to one row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowChange {
    /// The number of the table in the schema.
    pub table: usize,
    /// The row.
    pub slot: Slot,
    /// What happened.
    pub kind: RowChangeKind,
}

/// What happened to a row.
#[derive(Clone, Debug, PartialEq)]
pub enum RowChangeKind {
    /// The row came into sight.
    Added,
    /// Fields have other values.
    Changed {
        /// A bit for each such field.
        mask: u64,
    },
    /// The row went out of sight, as it was last.
    Removed(Row),
}

impl Mirror {
    /// Knows no row yet.
    pub fn new(schema: StateSchema) -> Self {
        let tables = vec![Rows::new(); schema.tables.len()];
        Self { schema, tables }
    }

    /// How the rows are read.
    pub const fn schema(&self) -> &StateSchema {
        &self.schema
    }

    /// The rows of a table, ascending by slot. None if there is no such table.
    pub fn rows(&self, table: &str) -> Option<&BTreeMap<Slot, Row>> {
        self.tables.get(self.number(table)?)
    }

    /// A row by its key.
    pub fn row(&self, table: &str, key: &Value) -> Option<&Row> {
        let mut rows = self.rows(table)?.values();
        rows.find(|row| row.key.as_ref() == Some(key))
    }

    /// The row of a table without a key.
    pub fn single(&self, table: &str) -> Option<&Row> {
        self.rows(table)?.values().next()
    }

    /// A field of a row by its name.
    pub fn field<'a>(&self, table: &str, row: &'a Row, field: &str) -> Option<&'a Value> {
        let TableSchema { fields, .. } = &self.schema.tables[self.number(table)?];
        let number = fields.iter().position(|known| known.name == field)?;
        row.fields.get(number)
    }

    /// Takes the rows of a message and tells what they did.
    ///
    /// # Errors
    /// [`RowsError`] if the rows are malformed. The mirror may then have taken some of them and is
    /// of no further use until the next snapshot.
    pub fn apply(&mut self, kind: RowsKind, rows: &[u8]) -> Result<Vec<RowChange>, RowsError> {
        match kind {
            RowsKind::Patch => self.apply_patch(rows),
            RowsKind::Snapshot => self.apply_snapshot(rows),
        }
    }

    fn apply_snapshot(&mut self, rows: &[u8]) -> Result<Vec<RowChange>, RowsError> {
        let empty = vec![Rows::new(); self.tables.len()];
        let former = std::mem::replace(&mut self.tables, empty);
        self.apply_patch(rows)?;
        let pairs = former.into_iter().zip(&self.tables).enumerate();
        Ok(pairs
            .flat_map(|(table, (former, rows))| difference(table, former, rows))
            .collect())
    }

    fn apply_patch(&mut self, rows: &[u8]) -> Result<Vec<RowChange>, RowsError> {
        // Not borrowed from self, whose tables change while the schema is read.
        let schema = std::mem::take(&mut self.schema);
        let sections: Result<Vec<_>, _> = Sections::new(rows, &schema).collect();
        self.schema = schema;
        let mut changes = Vec::new();
        let mut gone = Vec::new();
        for section in sections? {
            match section.op {
                Op::Update => self.update(section, &mut changes)?,
                Op::Insert => self.insert(section, &mut changes),
                Op::Remove | Op::Forget => gone.push(section),
            }
        }
        for section in gone {
            match section.op {
                Op::Remove => self.remove(&section, &mut changes),
                _ => self.forget(section.group, &mut changes),
            }
        }
        Ok(changes)
    }

    fn update(&mut self, section: Section, changes: &mut Vec<RowChange>) -> Result<(), RowsError> {
        let table = section.table;
        let mask = section
            .columns
            .iter()
            .fold(0, |mask, (field, _)| mask | 1 << field);
        for (field, column) in section.columns {
            for (slot, value) in section.slots.iter().zip(column) {
                let row = self.tables[table].get_mut(slot);
                row.ok_or(RowsError::UnknownSlot(*slot))?.fields[field] = value;
            }
        }
        let kind = RowChangeKind::Changed { mask };
        changes.extend(section.slots.into_iter().map(|slot| RowChange {
            table,
            slot,
            kind: kind.clone(),
        }));
        Ok(())
    }

    fn insert(&mut self, section: Section, changes: &mut Vec<RowChange>) {
        let (table, group) = (section.table, section.group);
        let mut keys = section.keys.into_iter();
        let mut columns: Vec<_> = section
            .columns
            .into_iter()
            .map(|(_, column)| column.into_iter())
            .collect();
        for slot in section.slots {
            let row = Row {
                group,
                key: keys.next(),
                fields: columns.iter_mut().filter_map(Iterator::next).collect(),
            };
            let former = self.tables[table].insert(slot, row);
            let kind = change(former.as_ref(), &self.tables[table][&slot]);
            changes.extend(kind.map(|kind| RowChange { table, slot, kind }));
        }
    }

    fn remove(&mut self, section: &Section, changes: &mut Vec<RowChange>) {
        let rows = &mut self.tables[section.table];
        for &slot in &section.slots {
            // Gone already, or moved to another group that is in sight.
            if rows
                .get(&slot)
                .is_some_and(|row| row.group == section.group)
            {
                changes.extend(
                    rows.remove(&slot)
                        .map(|row| removed(section.table, slot, row)),
                );
            }
        }
    }

    fn forget(&mut self, group: GroupId, changes: &mut Vec<RowChange>) {
        for (table, rows) in self.tables.iter_mut().enumerate() {
            let gone = rows.extract_if(.., |_, row| row.group == group);
            changes.extend(gone.map(|(slot, row)| removed(table, slot, row)));
        }
    }

    fn number(&self, table: &str) -> Option<usize> {
        let mut tables = self.schema.tables.iter();
        tables.position(|known| known.name == table)
    }
}

/// How a table differs from what it was before a snapshot.
fn difference(table: usize, mut former: Rows, rows: &Rows) -> Vec<RowChange> {
    let mut changes = Vec::new();
    for (&slot, row) in rows {
        // A slot may have gone to another row while nobody told.
        let same = former
            .get(&slot)
            .is_some_and(|former| former.key == row.key);
        let kind = if same {
            change(former.remove(&slot).as_ref(), row)
        } else {
            Some(RowChangeKind::Added)
        };
        changes.extend(kind.map(|kind| RowChange { table, slot, kind }));
    }
    let gone = former.into_iter();
    changes.extend(gone.map(|(slot, row)| removed(table, slot, row)));
    changes
}

/// What happened to a row that is there; none if only its group is another.
fn change(former: Option<&Row>, row: &Row) -> Option<RowChangeKind> {
    let Some(former) = former else {
        return Some(RowChangeKind::Added);
    };
    let pairs = former.fields.iter().zip(&row.fields).enumerate();
    let mask = pairs
        .filter(|(_, (former, now))| former != now)
        .fold(0, |mask, (field, _)| mask | 1 << field);
    (mask != 0).then_some(RowChangeKind::Changed { mask })
}

const fn removed(table: usize, slot: Slot, row: Row) -> RowChange {
    RowChange {
        table,
        slot,
        kind: RowChangeKind::Removed(row),
    }
}
