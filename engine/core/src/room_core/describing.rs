//! The room as people look at it.

use downbeat_schemas::id::Slot;
use downbeat_schemas::reflect::{Field, FieldType, TableSchema};
use downbeat_schemas::rows::{self, read_value};
use serde_json::{Map, Value, json};

use super::RoomCore;
use crate::change::{Change, ChangeKind};
use crate::encode::Values;
use crate::host::{Description, SeatDescription, SeatPhase, TableDescription};
use crate::room::Room;
use crate::seat::{Phase, Seat};
use crate::state::Replicated;

/// What a seat is taken to need of the bytes that a description may have.
const SEAT_BYTES: usize = 64;

impl<R: Room> RoomCore<R> {
    /// At most about so many bytes of it as JSON: half of them for seats, the rest for rows.
    pub(super) fn describe_within(&self, bytes_max: usize) -> Description {
        let (seats, listing) = (&self.ctx.seats, &self.ctx.listing);
        let seats_max = bytes_max / 2 / SEAT_BYTES;
        let shown: Vec<_> = seats.iter().take(seats_max).map(describe_seat).collect();
        Description {
            tick: self.ctx.tick,
            clients_max: listing.clients_max,
            locked: listing.locked,
            metadata: (*listing.metadata).clone(),
            seats_left_out: (seats.len() - shown.len()) as u64,
            tables: self.describe_tables(bytes_max - shown.len() * SEAT_BYTES),
            seats: shown,
        }
    }

    /// What a table does not need is left to those after it.
    fn describe_tables(&self, bytes_max: usize) -> Vec<TableDescription> {
        let mut left = bytes_max;
        let tables = self.schema.tables.iter().enumerate();
        tables
            .map(|(number, schema)| {
                let share = left / (self.schema.tables.len() - number);
                let mut teller = Teller::new(number, schema, share);
                let table = teller.tell(self.room.table(number));
                left -= share - teller.left;
                table
            })
            .collect()
    }
}

fn describe_seat(seat: &Seat) -> SeatDescription {
    SeatDescription {
        session: seat.session,
        phase: match seat.phase {
            Phase::Reserved { .. } => SeatPhase::Reserved,
            Phase::Joining => SeatPhase::Joining,
            Phase::Playing => SeatPhase::Playing,
            Phase::Dropped | Phase::Held { .. } => SeatPhase::Held,
            Phase::Leaving | Phase::Gone => SeatPhase::Leaving,
        },
        connection: seat.connection,
    }
}

/// Reads the rows of one table by its schema, until its bytes are used up.
struct Teller<'a> {
    number: usize,
    schema: &'a TableSchema,
    left: usize,
    packed: Vec<u8>,
}

impl<'a> Teller<'a> {
    const fn new(number: usize, schema: &'a TableSchema, bytes_max: usize) -> Self {
        Self {
            number,
            schema,
            left: bytes_max,
            packed: Vec::new(),
        }
    }

    fn tell(&mut self, table: &dyn Replicated) -> TableDescription {
        let mut slots = Vec::new();
        table.known(&mut |slot, _| slots.push(slot));
        let shown = slots.iter().map_while(|slot| self.row(table, *slot));
        let shown = shown.collect();
        TableDescription {
            name: self.schema.name.clone(),
            shown,
            rows: slots.len() as u64,
        }
    }

    /// None if there is no room for it.
    fn row(&mut self, table: &dyn Replicated, slot: Slot) -> Option<(Value, Value)> {
        let row = [Change {
            table: self.number,
            kind: ChangeKind::Inserted,
            slot,
        }];
        let mut used = 0;
        let key = match &self.schema.key {
            None => Value::Null,
            Some(key) => {
                self.packed.clear();
                table.put_keys(&row, &mut Values(&mut self.packed));
                self.value(key, &mut used)
            }
        };
        let mut fields = Map::new();
        for (number, Field { name, field_type }) in self.schema.fields.iter().enumerate() {
            self.packed.clear();
            table.put_column(number, &row, &mut Values(&mut self.packed));
            used += name.len();
            fields.insert(name.clone(), self.value(field_type, &mut used));
        }
        self.left = self.left.checked_sub(used)?;
        Some((key, Value::Object(fields)))
    }

    /// What was just packed. A text is as long as it is packed; a number is longer, by some bytes.
    fn value(&self, field_type: &FieldType, used: &mut usize) -> Value {
        *used += self.packed.len() + 4;
        let read = read_value(&mut &self.packed[..], field_type);
        let read = read.expect("a value is read by the type that it was written by");
        to_json(read, field_type)
    }
}

/// A number that JSON does not have, such as NaN, becomes null.
fn to_json(value: rows::Value, field_type: &FieldType) -> Value {
    match (value, field_type) {
        (rows::Value::Bool(value), _) => json!(value),
        (rows::Value::Unsigned(value), _) => json!(value),
        (rows::Value::Signed(value), _) => json!(value),
        (rows::Value::Float(value), _) => json!(value),
        (rows::Value::String(value), _) => json!(value),
        (rows::Value::Session(value), _) => json!(value.to_string()),
        (rows::Value::Option(None), _) => Value::Null,
        (rows::Value::Option(Some(value)), FieldType::Option(element)) => to_json(*value, element),
        (rows::Value::Array(values), FieldType::Array { element, .. }) => values
            .into_iter()
            .map(|value| to_json(value, element))
            .collect(),
        (rows::Value::Struct(values), FieldType::Struct(fields)) => {
            let named = fields.iter().zip(values);
            let named =
                named.map(|(field, value)| (field.name.clone(), to_json(value, &field.field_type)));
            Value::Object(named.collect())
        }
        (rows::Value::Option(_) | rows::Value::Array(_) | rows::Value::Struct(_), _) => {
            unreachable!("a value has the shape of the type that it was read by")
        }
    }
}
