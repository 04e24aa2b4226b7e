//! The reading half: for clients, load generators and tests. Trusts nothing.

use super::Op;
use crate::id::{GroupId, SessionId, Slot};
use crate::reflect::{FieldType, StateSchema, TableSchema};

/// Where rows leave their grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// The bytes end inside something.
    #[error("the rows end too early")]
    Truncated,
    /// A number that no field of this kind holds.
    #[error("a number out of range: {0}")]
    OutOfRange(u64),
    /// A table that the schema does not have.
    #[error("table {0} is not in the schema")]
    UnknownTable(u64),
    /// A mask with a bit for a field that the table does not have.
    #[error("mask {mask:#x} names more than the {fields} fields of the table")]
    UnknownField {
        /// The mask found.
        mask: u64,
        /// The fields there are.
        fields: usize,
    },
    /// A byte that is neither 0 nor 1, or text that is not UTF-8.
    #[error("a value that is not of its type")]
    BadValue,
    /// A row was changed that was never inserted.
    #[error("slot {0} is not known")]
    UnknownSlot(Slot),
}

/// A value of a row or a key.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named like the types they stand for")]
pub enum Value {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    String(String),
    Session(SessionId),
    Array(Vec<Self>),
    Option(Option<Box<Self>>),
    Struct(Vec<Self>),
}

/// One section with its values read.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The group that says it.
    pub group: GroupId,
    /// The table's number in the schema. Meaningless for [`Op::Forget`].
    pub table: usize,
    /// What happens to the rows.
    pub op: Op,
    /// The rows it happens to.
    pub slots: Vec<Slot>,
    /// The rows' keys, for an insert into a table with a key.
    pub keys: Vec<Value>,
    /// The fields that follow, by number, each with a value per slot.
    pub columns: Vec<(usize, Vec<Value>)>,
}

/// Reads section after section. Stops for good at the first error.
#[derive(Clone, Debug)]
pub struct Sections<'a> {
    schema: &'a StateSchema,
    rest: &'a [u8],
    group: GroupId,
    in_chunk: usize,
}

impl<'a> Sections<'a> {
    /// Reads `rows` of a room with this schema.
    pub const fn new(rows: &'a [u8], schema: &'a StateSchema) -> Self {
        Self {
            schema,
            rest: rows,
            group: GroupId::EVERYONE,
            in_chunk: 0,
        }
    }

    fn advance(&mut self) -> Result<Option<Section>, RowsError> {
        while self.in_chunk == 0 {
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.group = GroupId(take_u32(&mut self.rest)?);
            self.in_chunk = take_u32(&mut self.rest)? as usize;
        }
        let (mut chunk, after) = self
            .rest
            .split_at_checked(self.in_chunk)
            .ok_or(RowsError::Truncated)?;
        let section = self.section(&mut chunk)?;
        self.in_chunk = chunk.len();
        self.rest = &self.rest[self.rest.len() - after.len() - chunk.len()..];
        Ok(Some(section))
    }

    fn section(&self, bytes: &mut &[u8]) -> Result<Section, RowsError> {
        let head = take_varint(bytes)?;
        let mut section = Section {
            group: self.group,
            table: 0,
            op: Op::from_bits(head),
            slots: Vec::new(),
            keys: Vec::new(),
            columns: Vec::new(),
        };
        if section.op == Op::Forget {
            return Ok(section);
        }
        section.table = (head >> 2) as usize;
        let table = self.schema.tables.get(section.table);
        let table = table.ok_or(RowsError::UnknownTable(head >> 2))?;
        let mask = match section.op {
            Op::Update => take_mask(bytes, table)?,
            Op::Insert => all_fields(table),
            Op::Remove | Op::Forget => 0,
        };
        section.slots = take_slots(bytes)?;
        if let (Op::Insert, Some(key)) = (section.op, &table.key) {
            section.keys = take_column(bytes, key, section.slots.len())?;
        }
        for (number, field) in table.fields.iter().enumerate() {
            if mask >> number & 1 == 1 {
                let column = take_column(bytes, &field.field_type, section.slots.len())?;
                section.columns.push((number, column));
            }
        }
        Ok(section)
    }
}

impl Iterator for Sections<'_> {
    type Item = Result<Section, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let section = self.advance();
        if section.is_err() {
            (self.rest, self.in_chunk) = (&[], 0);
        }
        section.transpose()
    }
}

/// Reads one value from the front of `bytes`.
///
/// # Errors
/// [`RowsError`] if the bytes end too early or are no such value.
pub fn read_value(bytes: &mut &[u8], field_type: &FieldType) -> Result<Value, RowsError> {
    Ok(match field_type {
        FieldType::Bool => Value::Bool(take_flag(bytes)?),
        FieldType::U8 => Value::Unsigned(take_unsigned(bytes, 1)?),
        FieldType::U16 => Value::Unsigned(take_unsigned(bytes, 2)?),
        FieldType::U32 => Value::Unsigned(take_unsigned(bytes, 4)?),
        FieldType::U64 => Value::Unsigned(take_unsigned(bytes, 8)?),
        FieldType::I8 => Value::Signed(i8::from_le_bytes(take(bytes)?).into()),
        FieldType::I16 => Value::Signed(i16::from_le_bytes(take(bytes)?).into()),
        FieldType::I32 => Value::Signed(i32::from_le_bytes(take(bytes)?).into()),
        FieldType::I64 => Value::Signed(i64::from_le_bytes(take(bytes)?)),
        FieldType::F32 => Value::Float(f32::from_le_bytes(take(bytes)?).into()),
        FieldType::F64 => Value::Float(f64::from_le_bytes(take(bytes)?)),
        FieldType::Session => Value::Session(SessionId(take_unsigned(bytes, 8)?)),
        FieldType::String => Value::String(take_string(bytes)?),
        FieldType::Quantized { min, max, bits } => {
            let steps = ((1u64 << bits) - 1) as f64;
            let step = take_unsigned(bytes, usize::from(bits / 8))? as f64;
            Value::Float(min + step / steps * (max - min))
        }
        FieldType::Array { element, len } => {
            Value::Array(take_column(bytes, element, *len as usize)?)
        }
        FieldType::Option(element) => Value::Option(if take_flag(bytes)? {
            Some(Box::new(read_value(bytes, element)?))
        } else {
            None
        }),
        FieldType::Struct(fields) => Value::Struct(
            fields
                .iter()
                .map(|field| read_value(bytes, &field.field_type))
                .collect::<Result<_, _>>()?,
        ),
    })
}

fn take_column(bytes: &mut &[u8], of: &FieldType, len: usize) -> Result<Vec<Value>, RowsError> {
    // Not with_capacity: the count is the sender's word, the bytes are what there is.
    let mut column = Vec::new();
    for _ in 0..len {
        column.push(read_value(bytes, of)?);
    }
    Ok(column)
}

fn all_fields(table: &TableSchema) -> u64 {
    u64::MAX
        .checked_shr(64 - table.fields.len() as u32)
        .unwrap_or(0)
}

fn take_mask(bytes: &mut &[u8], table: &TableSchema) -> Result<u64, RowsError> {
    let mask = take_varint(bytes)?;
    if mask & !all_fields(table) != 0 {
        let fields = table.fields.len();
        return Err(RowsError::UnknownField { mask, fields });
    }
    Ok(mask)
}

fn take_slots(bytes: &mut &[u8]) -> Result<Vec<Slot>, RowsError> {
    let count = take_varint(bytes)?;
    if count > bytes.len() as u64 {
        return Err(RowsError::Truncated);
    }
    let mut slots = Vec::with_capacity(count as usize);
    let mut next = 0u64;
    for _ in 0..count {
        let gap = take_varint(bytes)?;
        let slot = next.checked_add(gap).ok_or(RowsError::OutOfRange(gap))?;
        let slot_u32 = u32::try_from(slot).map_err(|_| RowsError::OutOfRange(slot))?;
        slots.push(Slot(slot_u32));
        next = slot + 1;
    }
    Ok(slots)
}

fn take_string(bytes: &mut &[u8]) -> Result<String, RowsError> {
    let len = take_u32(bytes)? as usize;
    let (text, rest) = bytes.split_at_checked(len).ok_or(RowsError::Truncated)?;
    *bytes = rest;
    let text = std::str::from_utf8(text).map_err(|_| RowsError::BadValue)?;
    Ok(text.to_owned())
}

fn take_flag(bytes: &mut &[u8]) -> Result<bool, RowsError> {
    match take::<1>(bytes)? {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(RowsError::BadValue),
    }
}

fn take_unsigned(bytes: &mut &[u8], len: usize) -> Result<u64, RowsError> {
    let (value, rest) = bytes.split_at_checked(len).ok_or(RowsError::Truncated)?;
    *bytes = rest;
    Ok(value
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], RowsError> {
    let (head, rest) = bytes.split_first_chunk().ok_or(RowsError::Truncated)?;
    *bytes = rest;
    Ok(*head)
}

fn take_u32(bytes: &mut &[u8]) -> Result<u32, RowsError> {
    let number = take_varint(bytes)?;
    u32::try_from(number).map_err(|_| RowsError::OutOfRange(number))
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, RowsError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(bytes)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(RowsError::OutOfRange(number));
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(RowsError::OutOfRange(number))
}
