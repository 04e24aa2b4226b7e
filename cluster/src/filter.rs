//! Which rooms a request may join at all: those created with the same values of the fields that
//! the room type filters by.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// The values of a room type's `filter_by` fields, of a room's creation or of a request to join.
/// A room fits a request if both are equal.
///
/// Kept as canonical JSON: equal values have equal text, so the text is the key of an index.
/// A missing field equals null, and 1 equals 1.0, as in the JavaScript of most clients.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Filter(Arc<str>);

impl Filter {
    /// Takes the fields of `filter_by` out of a request's options. Options that are no JSON object
    /// have no fields.
    pub fn pick<'a>(filter_by: impl IntoIterator<Item = &'a str>, options: &Value) -> Self {
        let fields: BTreeMap<&str, Value> = filter_by
            .into_iter()
            .filter_map(|field| Some((field, options.get(field)?)))
            .filter(|(_, value)| !value.is_null())
            .map(|(field, value)| (field, canonical(value)))
            .collect();
        if fields.is_empty() {
            return Self::default();
        }
        Self(object(fields).to_string().into())
    }

    /// Takes a canonical text back. `None` if it is no JSON object; one that is not canonical fits
    /// no request.
    pub fn from_text(text: &str) -> Option<Self> {
        let fields = serde_json::from_str::<Map<String, Value>>(text);
        fields.is_ok().then(|| Self(text.into()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Filters by nothing.
impl Default for Filter {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({})", self.0)
    }
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(canonical_number(number)),
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(fields) => object(
            fields
                .iter()
                .map(|(name, value)| (name.as_str(), canonical(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// Whole numbers lose their fraction of zero; up to 2^53 that is exact.
fn canonical_number(number: &Number) -> Number {
    const EXACT_MAX: f64 = (1u64 << 53) as f64;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT_MAX => {
            Number::from(float as i64)
        }
        _ => number.clone(),
    }
}

/// Goes through a sorted map, since serde_json keeps the order of insertion under one of its
/// features, which any crate of a build may switch on.
fn object(fields: BTreeMap<&str, Value>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
    Value::Object(fields.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whether a room created with `created` fits a request with `asked`.
    fn check(filter_by: &[&str], created: &Value, asked: &Value, fits: bool) {
        let room = Filter::pick(filter_by.iter().copied(), created);
        let request = Filter::pick(filter_by.iter().rev().copied(), asked);
        assert_eq!(room == request, fits, "{filter_by:?} {created} {asked}");
        assert_eq!(room.as_str() == request.as_str(), fits);
    }

    #[test]
    fn a_room_fits_when_every_filter_field_is_equal() {
        let duo = json!({ "mode": "duo", "map": 3 });
        check(
            &["mode", "map"],
            &duo,
            &json!({ "map": 3, "mode": "duo" }),
            true,
        );
        check(
            &["mode", "map"],
            &duo,
            &json!({ "map": 4, "mode": "duo" }),
            false,
        );
        check(&["mode", "map"], &duo, &json!({ "mode": "duo" }), false);
        check(&["mode"], &duo, &json!({ "mode": "duo", "map": 4 }), true);
        check(&[], &duo, &json!({ "mode": "solo" }), true);
    }

    #[test]
    fn what_is_missing_equals_what_is_missing() {
        check(&["mode"], &json!({}), &json!({ "mode": null }), true);
        check(&["mode"], &json!(null), &json!({}), true);
        check(&["mode"], &json!("duo"), &json!([]), true);
        check(&["mode"], &json!({}), &json!({ "mode": "" }), false);
        check(
            &["mode"],
            &json!({ "mode": 0 }),
            &json!({ "mode": false }),
            false,
        );
    }

    #[test]
    fn numbers_are_compared_by_value_and_text_is_not_a_number() {
        check(&["n"], &json!({ "n": 1 }), &json!({ "n": 1.0 }), true);
        check(&["n"], &json!({ "n": -0.0 }), &json!({ "n": 0 }), true);
        check(&["n"], &json!({ "n": 1.5 }), &json!({ "n": 1 }), false);
        check(
            &["n"],
            &json!({ "n": u64::MAX }),
            &json!({ "n": u64::MAX - 1 }),
            false,
        );
        check(&["n"], &json!({ "n": 1 }), &json!({ "n": "1" }), false);
        check(
            &["n"],
            &json!({ "n": [1.0, { "b": 2.0, "a": 1 }] }),
            &json!({ "n": [1, { "a": 1, "b": 2 }] }),
            true,
        );
    }

    #[test]
    fn no_value_can_pose_as_another_field() {
        let tricky = json!({ "a": "1\",\"b\":\"2" });
        check(&["a", "b"], &tricky, &json!({ "a": "1", "b": "2" }), false);
    }
}
