//! The machine against a model that is too simple to be wrong, in thousands of seeded days.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod model;
mod random;

use downbeat_presence::{Life, Machine, Operation};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use model::Model;
use random::Random;

const DAYS: u64 = 3_000;
const EVENTS: usize = 200;

fn limits() -> Limits {
    Limits {
        presence_members_max: 4,
        ..Limits::default()
    }
}

#[test]
fn the_machine_does_what_the_model_does() {
    for seed in 0..DAYS {
        let mut random = Random::new(seed);
        let mut machine = Machine::new(&limits());
        let mut model = Model::new(4);
        let mut now = Timestamp(0);
        for event in 0..EVENTS {
            // Often to the millisecond of an expiry.
            now.0 += random.below(4) * 1_000_000;
            let (key, operation) = random.operation();
            let expected = model.apply(&key, &operation, now);
            let found = machine.apply(&key, operation.clone(), now);
            assert_eq!(found, expected, "seed {seed}, event {event}: {operation:?}");
            machine.invariants();
        }
        // A week later, after a few operations, nothing is left.
        now = Timestamp(u64::MAX);
        for _ in 0..10 {
            machine.apply("", Operation::Len, now).unwrap();
        }
        assert_eq!((machine.len(), machine.bytes()), (0, 0), "seed {seed}");
    }
}

#[test]
fn memory_is_bounded_and_expired_keys_make_room() {
    let limits = Limits {
        presence_bytes_max: 65_536,
        ..Limits::default()
    };
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut machine = Machine::new(&limits);
        let (mut full, mut now) = (0, Timestamp(0));
        for number in 0..3_000_u64 {
            now.0 += random.below(3) * 1_000_000;
            let key = format!("key {}", random.below(900));
            let (field, value) = (number.to_string(), vec![7; random.below(200) as usize]);
            let (after_ms, renews) = (1 + random.below(2_000), random.below(2) == 0);
            let life = Life { after_ms, renews };
            let put = machine.apply(&key, Operation::Put { field, value, life }, now);
            full += u32::from(put.is_err());
            machine.invariants();
        }
        assert!(full > 0 && full < 2_500, "{full}");
        // All of it expires, and a single large one fits.
        now.0 += 3_000 * 1_000_000;
        let (field, value) = ("large".to_owned(), vec![7; 60_000]);
        let life = Life {
            after_ms: 1,
            renews: true,
        };
        machine
            .apply("large", Operation::Put { field, value, life }, now)
            .unwrap();
        machine.invariants();
    }
}
