//! Thousands of random days.

use crate::driver::Driver;
use crate::probe::Note;

const DAYS: u64 = 2_000;
const EVENTS: usize = 150;

fn day(seed: u64, freezes: bool) -> Driver {
    let mut driver = Driver::new(seed, freezes);
    for _ in 0..EVENTS {
        driver.act();
    }
    driver.finish();
    driver
}

#[test]
fn a_room_keeps_its_promises() {
    let mut heard = 0;
    for seed in 0..DAYS {
        let driver = day(seed, false);
        let notes = driver.room.state().notes.iter();
        heard += notes
            .filter(|note| matches!(note, Note::Message(..)))
            .count();
    }
    assert!(heard > DAYS as usize, "topics bring something: {heard}");
}

#[test]
fn same_seed_same_bytes_frozen_or_not() {
    for seed in 0..DAYS / 2 {
        let (one, other) = (day(seed, false), day(seed, true));
        assert!(one.told() == other.told(), "seed {seed}");
        assert_eq!(one.room.state().notes, other.room.state().notes);
    }
}

#[test]
fn another_seed_is_another_day() {
    assert!(day(1, false).told() != day(2, false).told());
}
