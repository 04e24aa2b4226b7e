//! A seeded stream of operations: SplitMix64.

use downbeat_presence::{Life, Operation};

#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Few keys and names, so that they meet.
    pub(crate) fn operation(&mut self) -> (String, Operation) {
        let key = format!("key {}", self.below(4));
        let (member, field) = (self.name(), self.name());
        let life = Life {
            after_ms: 1 + self.below(30),
            renews: self.below(2) == 0,
        };
        let by = match self.below(20) {
            0 => i64::MAX,
            1 => i64::MIN,
            by => by as i64 - 10,
        };
        let value = match self.below(3) {
            0 => b"-3".to_vec(),
            1 => b"no number".to_vec(),
            _ => Vec::new(),
        };
        let operation = match self.below(22) {
            0..=3 => Operation::Add { member, life },
            4 => Operation::Take { member },
            5 => Operation::Contains { member },
            6 => Operation::Members,
            7 => Operation::Len,
            8..=10 => Operation::Put { field, value, life },
            11 => Operation::Drop { field },
            12 => Operation::Field { field },
            13 => Operation::Fields,
            14 | 15 => Operation::IncrementField { field, by, life },
            16 | 17 => Operation::Increment { by, life },
            18 => Operation::Value,
            19 => Operation::Expire {
                after_ms: 1 + self.below(30),
            },
            _ => Operation::Remove,
        };
        (key, operation)
    }

    fn name(&mut self) -> String {
        format!("name {}", self.below(6))
    }
}
