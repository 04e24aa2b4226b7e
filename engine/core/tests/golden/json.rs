//! Messages in a form that people and other languages read.
//!
//! Whole numbers beyond 2^53 are texts, for JavaScript's sake; session ids are as users see them.

use downbeat_schemas::mirror::{Mirror, Row};
use downbeat_schemas::reflect::FieldType;
use downbeat_schemas::rows::{Sections, Value};
use downbeat_schemas::server::Stamp;
use serde_json::{Map, Value as Json, json};

/// Whole numbers that a double holds.
const EXACT_MAX: u64 = 1 << 53;

pub(crate) fn stamp(stamp: &Stamp) -> Json {
    json!({
        "server_time_us": stamp.server_time_us,
        "tick": stamp.tick,
        "acked_input": stamp.acked_input,
    })
}

pub(crate) fn hex(bytes: &[u8]) -> Json {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    Json::String(digits.collect::<Vec<_>>().concat())
}

/// The sections of packed rows.
pub(crate) fn sections(rows: &[u8], mirror: &Mirror) -> Json {
    let sections = Sections::new(rows, mirror.schema()).map(|section| {
        let section = section.unwrap();
        json!({
            "group": section.group.0,
            "table": section.table,
            "op": format!("{:?}", section.op).to_lowercase(),
            "slots": section.slots.iter().map(|slot| slot.0).collect::<Vec<_>>(),
            "fields": section.columns.iter().map(|(field, _)| field).collect::<Vec<_>>(),
        })
    });
    sections.collect()
}

/// All rows a client has, by table.
pub(crate) fn tables(mirror: &Mirror) -> Json {
    let tables = mirror.schema().tables.iter().map(|table| {
        let rows = mirror.rows(&table.name).unwrap().iter();
        let rows = rows.map(|(slot, row)| {
            let Row { group, key, fields } = row;
            let fields = table.fields.iter().zip(fields);
            let fields =
                fields.map(|(field, of)| (field.name.clone(), value(of, &field.field_type)));
            let key = key.as_ref().zip(table.key.as_ref());
            json!({
                "slot": slot.0,
                "group": group.0,
                "key": key.map(|(key, key_type)| value(key, key_type)),
                "fields": fields.collect::<Map<_, _>>(),
            })
        });
        (table.name.clone(), rows.collect())
    });
    Json::Object(tables.collect())
}

fn value(value: &Value, of: &FieldType) -> Json {
    match (value, of) {
        (Value::Bool(flag), _) => json!(flag),
        (Value::Unsigned(number), _) if *number > EXACT_MAX => json!(number.to_string()),
        (Value::Unsigned(number), _) => json!(number),
        (Value::Signed(number), _) if number.unsigned_abs() > EXACT_MAX => {
            json!(number.to_string())
        }
        (Value::Signed(number), _) => json!(number),
        (Value::Float(number), _) => json!(number),
        (Value::String(text), _) => json!(text),
        (Value::Session(session), _) => json!(session.to_string()),
        (Value::Array(elements), FieldType::Array { element, .. }) => {
            elements.iter().map(|of| self::value(of, element)).collect()
        }
        (Value::Option(content), FieldType::Option(element)) => {
            let content = content.as_deref();
            content.map_or(Json::Null, |content| self::value(content, element))
        }
        (Value::Struct(values), FieldType::Struct(fields)) => {
            let pairs = fields.iter().zip(values);
            let pairs =
                pairs.map(|(field, of)| (field.name.clone(), self::value(of, &field.field_type)));
            Json::Object(pairs.collect())
        }
        (value, of) => panic!("{value:?} is no {of:?}"),
    }
}
