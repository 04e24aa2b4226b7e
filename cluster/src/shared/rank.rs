//! Orders of rooms as bytes that the store compares.
//!
//! A room is published with the values that it may be sorted by, each as bytes that sort as the
//! values do, and none the beginning of another. The script `partition.lua` puts them together for
//! each order in use, the bits inverted where the greatest comes first; so it can fill in the seats
//! that are taken, held ones included, and learn an order which no owner knew of.

use std::fmt::Write;

use crate::sort::SortValue;
use crate::{Order, RoomRecord, SortBy, SortField};

/// Fields of metadata that rooms are sorted by. Beyond: in the order of names, the rest counts as
/// missing.
const FIELDS_MAX: usize = 32;
/// Bytes of a text of metadata that decide. Beyond: texts are equal.
const TEXT_MAX: usize = 128;

/// An order, as the script reads it.
pub(crate) fn order_text(sort_by: &SortBy) -> String {
    let mut text = String::new();
    for (field, order) in sort_by.fields() {
        let direction = match order {
            Order::Ascending => 'a',
            Order::Descending => 'd',
        };
        let name = value_name(field);
        // Writing to a String does not fail.
        let _ = write!(text, "{direction}{}:{name}", name.len());
    }
    text
}

/// The values of a room but for the seats taken, each with its name in [`order_text`].
pub(crate) fn values(record: &RoomRecord, born_ms: u64) -> Vec<(String, Vec<u8>)> {
    let whole = |field, value| (value_name(&field), to_bytes(&SortValue::Whole(value)));
    let mut values = vec![
        whole(SortField::ClientsMax, u64::from(record.clients_max)),
        whole(SortField::CreatedAt, born_ms),
    ];
    let fields = record.metadata.as_object().into_iter().flatten();
    let sortable = fields.filter_map(|(name, value)| {
        let field = SortField::Metadata(name.clone());
        Some((value_name(&field), to_bytes(&SortValue::from_json(value)?)))
    });
    let mut sortable: Vec<_> = sortable.collect();
    sortable.sort();
    values.extend(sortable.into_iter().take(FIELDS_MAX));
    values
}

/// What decides among rooms that are equal otherwise, before their ids.
pub(crate) fn born_text(born_ms: u64) -> String {
    format!("{born_ms:016x}")
}

fn value_name(field: &SortField) -> String {
    match field {
        SortField::Clients => "t".to_owned(),
        SortField::ClientsMax => "m".to_owned(),
        SortField::CreatedAt => "c".to_owned(),
        SortField::Metadata(name) => format!(".{name}"),
    }
}

fn to_bytes(value: &SortValue) -> Vec<u8> {
    match value {
        SortValue::Flag(flag) => format!("1{}", u8::from(*flag)).into_bytes(),
        SortValue::Whole(number) => format!("2{number:016x}").into_bytes(),
        SortValue::Number(float) => format!("3{:016x}", float_bits(float.0)).into_bytes(),
        SortValue::Text(text) => text_bytes(text),
    }
}

/// Bits that compare as the numbers do (`total_cmp`).
fn float_bits(float: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    match float.to_bits() {
        bits if bits & SIGN == 0 => bits | SIGN,
        bits => !bits,
    }
}

/// Ends with two zeros; a zero within is followed by 255, so that a text sorts before all those
/// that it begins.
fn text_bytes(text: &str) -> Vec<u8> {
    let mut bytes = vec![b'4'];
    for byte in text.bytes().take(TEXT_MAX) {
        bytes.push(byte);
        if byte == 0 {
            bytes.push(255);
        }
    }
    bytes.extend([0, 0]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn bytes_sort_as_values_do_in_both_directions() {
        let json = [
            json!(false),
            json!(true),
            json!(-1e300),
            json!(-2.5),
            json!(-0.0),
            json!(0),
            json!(1),
            json!(1.5),
            json!(u64::MAX),
            json!(""),
            json!("\0"),
            json!("\0a"),
            json!("a"),
            json!("a\0"),
            json!("a\0b"),
            json!("ab"),
            json!("é"),
        ];
        let values: Vec<SortValue> = json.iter().filter_map(SortValue::from_json).collect();
        assert_eq!(values.len(), json.len());
        for (left, right) in values.iter().zip(values.iter().skip(1)) {
            assert!(left < right, "{left:?} {right:?}");
            let [left, right] = [left, right].map(to_bytes);
            assert!(left < right, "{left:?} {right:?}");
            let inverted = |bytes: &[u8]| -> Vec<u8> { bytes.iter().map(|byte| !byte).collect() };
            assert!(inverted(&left) > inverted(&right));
        }
    }

    #[test]
    fn orders_are_told_apart() {
        use Order::{Ascending, Descending};
        let order = SortBy::default()
            .then(SortField::Clients, Descending)
            .then(SortField::Metadata("a1:t".into()), Ascending);
        assert_eq!(order_text(&order), "d1:ta5:.a1:t");
        assert_eq!(order_text(&SortBy::default()), "");
    }

    #[test]
    fn only_what_can_be_sorted_is_sent_and_not_without_bound() {
        let mut record = crate::record::tests::record(1, 50);
        record.metadata = json!({ "skill": 3, "tags": [1], "none": null });
        let names: Vec<String> = values(&record, 7)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["m", "c", ".skill"]);
        let many = (0..100).map(|field| (field.to_string(), json!("x".repeat(1_000))));
        record.metadata = Value::Object(many.collect());
        let values = values(&record, 7);
        assert_eq!(values.len(), 2 + FIELDS_MAX);
        assert!(values.iter().all(|(_, value)| value.len() <= TEXT_MAX + 3));
    }
}
