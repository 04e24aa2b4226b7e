//! Replays what the fuzzers start from and what they found: tests/fuzz/corpus/<target>/.
#![allow(
    clippy::print_stdout,
    reason = "shown only if a replay fails: it names the file"
)]

use std::path::PathBuf;

use downbeat_cluster::fuzzing::{relay_frame, relay_letter};

use super::random::Random;

/// Mutations of each file: a short run of the fuzzer, the same each time.
const MUTATIONS: usize = 3_000;

#[test]
fn relay_letter_corpus() {
    replay("relay_letter", relay_letter);
}

#[test]
fn relay_frame_corpus() {
    replay("relay_frame", relay_frame);
}

fn replay(target: &str, run: fn(&[u8])) {
    let root = env!("CARGO_MANIFEST_DIR");
    let corpus: PathBuf = [root, "../tests/fuzz/corpus", target].iter().collect();
    let (mut random, mut count) = (Random(1), 0);
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        let bytes = std::fs::read(path).unwrap();
        run(&bytes);
        for _ in 0..MUTATIONS {
            run(&mutated(&mut random, &bytes));
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", corpus.display());
}

/// `bytes` with a few faults: bytes changed, cut out, doubled or put in.
fn mutated(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(mutant.len().max(1) as u64) as usize;
        let end = mutant.len().min(at + 1 + random.below(8) as usize);
        match (random.below(5), mutant.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << random.below(8),
            (1, Some(byte)) => *byte = [0, 1, 0x7f, 0x80, 0xff][random.below(5) as usize],
            (2, Some(_)) => drop(mutant.drain(at..end)),
            (3, Some(_)) => mutant.extend_from_within(at..end),
            _ => mutant.insert(at.min(mutant.len()), random.below(256) as u8),
        }
    }
    mutant
}
