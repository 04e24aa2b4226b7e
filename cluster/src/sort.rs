//! Which of the rooms that fit comes first.

use std::cmp::{Ordering, Reverse};

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use serde_json::Value;

use crate::RoomRecord;

/// How a room type sorts the rooms that fit: by the first field, among equals by the next.
///
/// Among equals, and by default, the oldest room comes first. That order does not change when
/// clients come and go: requests at the same time agree on a room even where the numbers they see
/// are old, early rooms stay full, and late ones run empty and end. (Colyseus does the same.)
///
/// Part of a room type's definition, never a client's wish: the registry keeps an index for each
/// order it has seen in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortBy(Vec<(SortField, Order)>);

/// What rooms are sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortField {
    /// Seats taken, those held for requests under way included.
    Clients,
    /// Seats there are.
    ClientsMax,
    /// The time of creation.
    CreatedAt,
    /// A field of the room's metadata: booleans before numbers before texts. Rooms without one, or
    /// with one of another type, come last in either order.
    Metadata(String),
}

/// Which end of the values comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

impl SortBy {
    /// Adds a field that decides among rooms equal in all former ones.
    #[must_use]
    pub fn then(mut self, field: SortField, order: Order) -> Self {
        self.0.push((field, order));
        self
    }

    /// The fields, the one that decides first at the front.
    pub(crate) fn fields(&self) -> &[(SortField, Order)] {
        &self.0
    }

    /// The place of a room in this order; `taken` counts held seats too.
    pub(crate) fn rank(&self, record: &RoomRecord, taken: u32) -> Rank {
        let places = self
            .0
            .iter()
            .map(|(field, order)| Place::new(field.value(record, taken), *order));
        Rank {
            places: places.collect(),
            created_at: record.created_at,
            room: record.room,
        }
    }
}

impl SortField {
    fn value(&self, record: &RoomRecord, taken: u32) -> Option<SortValue> {
        match self {
            Self::Clients => Some(SortValue::Whole(u64::from(taken))),
            Self::ClientsMax => Some(SortValue::Whole(u64::from(record.clients_max))),
            Self::CreatedAt => Some(SortValue::Whole(record.created_at.0)),
            Self::Metadata(name) => SortValue::from_json(record.metadata.get(name)?),
        }
    }
}

/// Where a room stands in one order. The id makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    places: Vec<Place>,
    created_at: Timestamp,
    pub(crate) room: RoomId,
}

/// Declared in the order in which they sort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Ascending(SortValue),
    Descending(Reverse<SortValue>),
    Missing,
}

impl Place {
    fn new(value: Option<SortValue>, order: Order) -> Self {
        match (value, order) {
            (Some(value), Order::Ascending) => Self::Ascending(value),
            (Some(value), Order::Descending) => Self::Descending(Reverse(value)),
            (None, _) => Self::Missing,
        }
    }
}

/// Declared in the order in which they sort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortValue {
    Flag(bool),
    /// A number of ours, exact; never compared with one from metadata.
    Whole(u64),
    Number(Float),
    Text(String),
}

impl SortValue {
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Number(number) => number.as_f64().map(|float| Self::Number(Float(float))),
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A number of JSON, which knows no NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float(pub(crate) f64);

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Float {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use serde_json::json;

    /// Sorts rooms of (id, clients, metadata), created in the order of their ids.
    fn check(sort_by: &SortBy, rooms: &[(u64, u32, Value)], expected: &[u64]) {
        let mut ranks: Vec<Rank> = rooms
            .iter()
            .map(|(id, clients, metadata)| {
                let mut record = record(*id, 50);
                record.metadata = metadata.clone();
                sort_by.rank(&record, *clients)
            })
            .collect();
        ranks.sort();
        let sorted: Vec<u64> = ranks.iter().map(|rank| rank.room.0).collect();
        assert_eq!(sorted, expected, "{sort_by:?}");
    }

    #[test]
    fn the_oldest_comes_first_unless_fields_say_otherwise() {
        use Order::{Ascending, Descending};
        let rooms = [
            (2, 5, json!(null)),
            (3, 9, json!(null)),
            (1, 5, json!(null)),
        ];
        let by = |field, order| SortBy::default().then(field, order);
        check(&SortBy::default(), &rooms, &[1, 2, 3]);
        check(&by(SortField::Clients, Ascending), &rooms, &[1, 2, 3]);
        check(&by(SortField::Clients, Descending), &rooms, &[3, 1, 2]);
        check(&by(SortField::CreatedAt, Descending), &rooms, &[3, 2, 1]);
        check(&by(SortField::ClientsMax, Descending), &rooms, &[1, 2, 3]);
        let clients_then_newest =
            by(SortField::Clients, Ascending).then(SortField::CreatedAt, Descending);
        check(&clients_then_newest, &rooms, &[2, 1, 3]);
    }

    #[test]
    fn rooms_without_the_metadata_come_last_in_either_order() {
        let rooms = [
            (1, 0, json!({ "skill": 10 })),
            (2, 0, json!({})),
            (3, 0, json!({ "skill": -2.5 })),
            (4, 0, json!({ "skill": [1] })),
            (5, 0, json!({ "skill": "9" })),
            (6, 0, json!({ "skill": true })),
        ];
        let by = |order| SortBy::default().then(SortField::Metadata("skill".into()), order);
        check(&by(Order::Ascending), &rooms, &[6, 3, 1, 5, 2, 4]);
        check(&by(Order::Descending), &rooms, &[5, 1, 3, 6, 2, 4]);
    }
}
