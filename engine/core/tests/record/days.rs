//! Whole lives, replayed.

use downbeat::host::{Action, AnyRoom, NoStopwatch, RoomState, RoomType};
use downbeat::record::{Damage, Ending, Entry, Recording, Replay, ReplayError};

use crate::meadow::{Input, Life, Meadow, meadow};

/// What came of a file: its ticks, how many steps were checked, and its end.
pub(crate) fn replay(bytes: &[u8]) -> (u64, u64, Ending) {
    let recording = Recording::read(bytes).unwrap();
    let mut replay = Replay::new(&recording, &meadow()).unwrap();
    let (mut ticks, mut checked) = (0, 0);
    while let Some(replayed) = replay.next(&mut NoStopwatch).unwrap() {
        ticks += u64::from(replayed.stepped.ran);
        checked += u64::from(replayed.checked);
    }
    (ticks, checked, replay.ending().unwrap())
}

#[test]
fn every_file_of_a_life_replays_bit_by_bit() {
    let (mut full, mut spawned, mut ended, mut checked, mut heard) = (0, 0, 0, 0, 0);
    for seed in 0..40 {
        let mut life = Life::new(seed, 16_000);
        // Where futures are asked for all the time, no file gets full.
        life.asks = seed % 2 == 0;
        life.live(300);
        life.shut_down();
        for bytes in life.files.values() {
            let (_, of_file, ending) = replay(bytes);
            checked += of_file;
            let entries = Recording::read(bytes).unwrap().entries();
            heard += entries
                .filter(|entry| matches!(entry, Ok(Entry::Hear { .. })))
                .count();
            match ending {
                Ending::Full => full += 1,
                Ending::Spawned => spawned += 1,
                Ending::RoomEnded => ended += 1,
                ending => panic!("{ending:?}"),
            }
        }
    }
    // Each life ends once, most of them while they are recorded, and the other ends come often.
    assert!((30..=40).contains(&ended), "{ended}");
    assert!(full > 20 && spawned > 100, "{full} {spawned}");
    // Between the question and its answer a room cannot be frozen.
    assert!(checked > 40 * 150, "{checked}");
    assert!(heard > 1_000, "{heard}");
}

#[test]
fn the_last_step_replays_apart_from_its_file() {
    let (mut known, mut checked) = (0, 0);
    for seed in 0..10 {
        let mut life = Life::new(seed, 16_000);
        life.asks = seed % 2 == 0;
        for _ in 0..200 {
            life.live(1);
            if let Some(bytes) = life.room.last_step() {
                let (_, of_step, ending) = replay(&bytes);
                assert_eq!(ending, Ending::Captured);
                (known, checked) = (known + 1, checked + of_step);
            }
        }
    }
    // Not known are those before which a future ended; not checked, those that asked for one.
    assert!(known < 10 * 200 && known >= checked, "{known} {checked}");
    assert!(checked > 1_000, "{checked}");
}

#[test]
fn a_panic_comes_again() {
    let mut life = Life::new(3, u64::MAX);
    let wolf = life.join();
    life.step();
    life.send(wolf, &Input::Panic);
    life.step();
    let recording = Recording::read(&life.files[&1]).unwrap();
    let mut replay = Replay::new(&recording, &meadow()).unwrap();
    while replay.next(&mut NoStopwatch).unwrap().is_some() {}
    let RoomState::Failed { message, .. } = replay.room().state() else {
        panic!("it goes on");
    };
    assert_eq!(message, "a wolf");
    assert_eq!(replay.ending(), Some(Ending::RoomEnded));
}

#[test]
fn a_room_that_is_not_what_it_was_is_found_out_at_its_tick() {
    let mut life = Life::new(5, u64::MAX);
    for _ in 0..9 {
        life.join();
        life.step();
    }
    let original = life.files[&1].clone();
    // The same file but for one input, as if the room's code had changed.
    let recording = Recording::read(&original).unwrap();
    let mut tape = downbeat::record::Tape::new(recording.label(), recording.start());
    let mut connects = 0;
    for entry in recording.entries().map_while(Result::ok) {
        connects += u32::from(matches!(entry, Entry::Connect { .. }));
        if connects != 2 || !matches!(entry, Entry::Connect { .. }) {
            tape.push(&entry);
        }
    }
    let changed = tape.take();
    let recording = Recording::read(&changed).unwrap();
    let mut replay = Replay::new(&recording, &meadow()).unwrap();
    let mut last = 0;
    let error = loop {
        match replay.next(&mut NoStopwatch) {
            Ok(Some(replayed)) => last = replayed.last().0,
            Ok(None) => panic!("nothing was found"),
            Err(error) => break error,
        }
    };
    let ReplayError::Differs { tick, .. } = error else {
        panic!("{error}");
    };
    assert!(tick.0 > last, "{tick:?} after {last}");
    assert!(error.to_string().contains("HashMap"), "{error}");
}

#[test]
fn a_recording_is_for_rooms_of_its_type() {
    let mut life = Life::new(1, u64::MAX);
    life.take_files();
    let recording = Recording::read(&life.files[&1]).unwrap();
    let other = RoomType::new::<Meadow>("prairie");
    let error = Replay::new(&recording, &other).unwrap_err().to_string();
    assert!(
        error.contains("`meadow`") && error.contains("`prairie`"),
        "{error}"
    );
}

#[test]
fn who_is_killed_while_recording_loses_only_the_end() {
    let mut life = Life::new(2, u64::MAX);
    life.join();
    life.step();
    let recording = Recording::read(&life.files[&1]).unwrap();
    let mut replay = Replay::new(&recording, &meadow()).unwrap();
    assert!(replay.next(&mut NoStopwatch).unwrap().unwrap().checked);
    let error = replay.next(&mut NoStopwatch).unwrap_err();
    assert_eq!(error, ReplayError::Damaged(Damage::NoEnd));
}

#[test]
fn what_an_operator_does_comes_again() {
    let mut life = Life::new(5, u64::MAX);
    // A future's end would be the file's.
    life.asks = false;
    life.live(20);
    let first = life.room.seated()[0].session;
    let reason = || "an operator".to_owned();
    let kick = Action::Kick {
        session: first,
        reason: reason(),
    };
    for action in [
        Action::Lock,
        kick.clone(),
        kick,
        Action::Unlock,
        Action::Close { reason: reason() },
    ] {
        life.room.act(life.now, &action);
        life.step();
    }
    assert_eq!(*life.room.state(), RoomState::Disposed);
    let (ticks, checked, ending) = replay(&life.files[&1]);
    assert!(checked > 15 && ticks >= checked, "{ticks} {checked}");
    assert_eq!(ending, Ending::RoomEnded);
}
