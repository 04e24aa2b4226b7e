//! Seeded requests of every kind, for few enough keys that they meet.

use downbeat_cluster::{Filter, Mode, Order, Query, SortBy, SortField};
use downbeat_schemas::id::RoomId;
use serde_json::json;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn query(&mut self, last_room: u64) -> Query {
        let orders = sort_orders();
        let order = self.below(orders.len() as u64) as usize;
        let excluded = self.below(3);
        Query {
            name: ["arena", "chat"][self.below(2) as usize].into(),
            filter: self.filter(),
            sort_by: orders[order].clone(),
            exclude: (0..excluded)
                .map(|_| RoomId(self.below(last_room + 1)))
                .collect(),
            mode: match self.below(4) {
                0 => Mode::Join,
                _ => Mode::JoinOrCreate,
            },
        }
    }

    pub(crate) fn filter(&mut self) -> Filter {
        Filter::pick(["mode"], &json!({ "mode": self.below(2) }))
    }

    /// A place in a list; `None` if it is empty.
    pub(crate) fn index(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.below(len as u64) as usize)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// By age, clients ascending, clients descending, skill descending.
pub(crate) fn sort_orders() -> [SortBy; 4] {
    let by = |field, order| SortBy::default().then(field, order);
    [
        SortBy::default(),
        by(SortField::Clients, Order::Ascending),
        by(SortField::Clients, Order::Descending),
        by(SortField::Metadata("skill".into()), Order::Descending),
    ]
}
