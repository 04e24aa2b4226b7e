//! What is left of a file that is not whole.

use downbeat::host::NoStopwatch;
use downbeat::record::{Damage, Recording, RecordingError, Replay, ReplayError};

use crate::meadow::{Life, meadow};

/// A life in one file.
fn file() -> Vec<u8> {
    let mut life = Life::new(9, u64::MAX);
    for _ in 0..60 {
        life.join();
        life.step();
    }
    life.shut_down();
    life.files.remove(&1).unwrap()
}

/// The ticks that replay, and why no more do.
fn whole_ticks(bytes: &[u8]) -> (u64, Option<ReplayError>) {
    let recording = Recording::read(bytes).unwrap();
    let mut replay = Replay::new(&recording, &meadow()).unwrap();
    let mut ticks = 0;
    loop {
        match replay.next(&mut NoStopwatch) {
            Ok(Some(replayed)) => ticks = replayed.last().0,
            Ok(None) => return (ticks, None),
            Err(error) => return (ticks, Some(error)),
        }
    }
}

#[test]
fn a_cut_file_replays_up_to_the_cut() {
    let bytes = file();
    let (all, error) = whole_ticks(&bytes);
    assert!(all >= 60 && error.is_none(), "{all} {error:?}");
    let mut last = 0;
    for len in (0..bytes.len()).step_by(7) {
        match Recording::read(&bytes[..len]) {
            Err(RecordingError::NotOne) => assert!(len < 12),
            Err(RecordingError::Start(_)) => assert!(last == 0),
            Err(error) => panic!("{error}"),
            Ok(_) => {
                let (ticks, error) = whole_ticks(&bytes[..len]);
                let Some(ReplayError::Damaged(Damage::Cut { .. } | Damage::NoEnd)) = error else {
                    panic!("{error:?}");
                };
                assert!(ticks >= last, "a longer file has no fewer ticks");
                last = ticks;
            }
        }
    }
    assert!(last >= all - 2, "{last} of {all}");
}

#[test]
fn a_changed_byte_is_found() {
    let bytes = file();
    let (all, _) = whole_ticks(&bytes);
    for at in (12..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        match Recording::read(&damaged) {
            Err(RecordingError::Start(_)) => {}
            Err(error) => panic!("{error}"),
            Ok(_) => {
                let (ticks, error) = whole_ticks(&damaged);
                assert!(matches!(error, Some(ReplayError::Damaged(_))), "{error:?}");
                assert!(ticks <= all);
            }
        }
    }
}

#[test]
fn what_is_no_recording_is_told_apart_from_one_of_another_release() {
    let check = |bytes: &[u8], words: &str| {
        let error = Recording::read(bytes).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check(b"", "no recording");
    check(b"GIF89a and so on", "no recording");
    let mut newer = file();
    newer[8] = 2;
    check(&newer, "format 2, expected 1");
    check(&file()[..40], "not whole");
}

#[test]
fn blocks_in_another_order_are_refused() {
    let bytes = file();
    let blocks = blocks(&bytes);
    let (third, fourth) = (blocks[2].clone(), blocks[3].clone());
    let mut swapped = bytes[..third.start].to_vec();
    swapped.extend_from_slice(&bytes[fourth.clone()]);
    swapped.extend_from_slice(&bytes[third]);
    swapped.extend_from_slice(&bytes[fourth.end..]);
    let (ticks, error) = whole_ticks(&swapped);
    assert_eq!(ticks, 0);
    let Some(ReplayError::Damaged(Damage::Block { number: 2, .. })) = error else {
        panic!("{error:?}");
    };
}

/// Where the blocks are.
fn blocks(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut blocks) = (12, Vec::new());
    while at < bytes.len() {
        let len = u32::from_le_bytes(bytes[at + 5..at + 9].try_into().unwrap());
        let end = at + 17 + len as usize;
        blocks.push(at..end);
        at = end;
    }
    blocks
}
