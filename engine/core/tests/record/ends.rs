//! How recordings end, and what comes after.

use downbeat::record::{Ending, TooLarge};

use crate::days::replay;
use crate::meadow::{Input, Life};

#[test]
fn a_room_is_recorded_from_the_middle_of_its_life_and_again() {
    let mut life = Life::new(4, u64::MAX);
    life.room.stop();
    life.live(50);
    assert!(!life.room.is_recording());
    let files = life.files.len();
    for time in 1..=3 {
        life.room.start(life.plan.clone(), life.now);
        assert!(life.room.is_recording());
        life.live(50);
        life.room.stop();
        life.take_files();
        assert!(life.files.len() >= files + time, "{:?}", life.files.keys());
        let (_, last) = life.files.last_key_value().unwrap();
        let (ticks, checked, ending) = replay(last);
        // While the answer of a future is awaited the room cannot be frozen, and nothing is written.
        assert!(matches!(ending, Ending::Stopped | Ending::Spawned));
        assert!(ticks >= checked);
    }
}

#[test]
fn a_file_ends_with_the_entry_that_fills_it() {
    let bytes_max = 20_000;
    let mut life = Life::new(7, bytes_max);
    let wolf = life.join();
    life.step();
    let padding = Input::Howl("a".repeat(1_000));
    for _ in 0..30 {
        for _ in 0..5 {
            life.send(wolf, &padding);
        }
        life.step();
    }
    life.shut_down();
    assert!(life.files.len() >= 5, "{}", life.files.len());
    for file in life.files.values() {
        let len = file.len() as u64;
        assert!(len < bytes_max + 1_200, "{len}");
        replay(file);
    }
}

#[test]
fn a_room_that_fills_half_a_file_is_not_recorded() {
    let mut life = Life::new(7, 200);
    let found = life.room.take_too_large();
    let Some(TooLarge { bytes, bytes_max }) = found else {
        panic!("it is recorded");
    };
    assert!(bytes > 100 && bytes_max == 200);
    assert!(!life.room.is_recording());
    assert_eq!(life.room.take_recorded(), []);
    assert_eq!(life.room.take_too_large(), None);
}

#[test]
fn what_is_lost_is_marked_in_its_file() {
    let mut life = Life::new(6, u64::MAX);
    life.step();
    let whole = life.files[&1].clone();
    life.join();
    let lost = life.room.take_recorded();
    let [lost] = &lost[..] else {
        panic!("{lost:?}");
    };
    life.room.break_off();
    assert!(!life.room.is_recording() && life.room.take_recorded().is_empty());
    let mark = lost.cut().unwrap();
    assert!(mark.ended && mark.part == 1 && mark.bytes.len() < 30);
    let (ticks, checked, ending) = replay(&[whole, mark.bytes].concat());
    assert_eq!((ticks, checked, ending), (1, 1, Ending::Cut));
}

#[test]
fn a_file_whose_start_is_lost_is_not_made() {
    let mut life = Life::new(6, u64::MAX);
    let recorded = life.room.take_recorded();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].cut(), None);
}
