//! What a find costs.

use std::time::{Duration, Instant};

use super::calls;
use super::scripts::{Asks, start};

/// The time of fifty finds among so many rooms, in the quietest of ten tries.
fn time_of_finds(asks: &mut Asks, rooms: u64) -> Duration {
    asks.publish_many(&calls(1), rooms, 1_000);
    // The first one learns the order.
    assert!(asks.finds().is_some());
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        (0..50).for_each(|_| assert!(asks.finds().is_some()));
        best = best.min(start.elapsed());
    }
    best
}

#[test]
fn a_find_among_ten_thousand_rooms_takes_no_longer_than_among_a_hundred() {
    let (_server, mut asks) = start();
    let few = time_of_finds(&mut asks, 100);
    let many = time_of_finds(&mut asks, 10_000);
    println!("50 finds: {few:?} among 100 rooms, {many:?} among 10,000");
    // Reading them all would take a hundred times as long.
    assert!(many < few * 10, "{few:?} {many:?}");
}
