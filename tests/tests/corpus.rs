//! Replays what the fuzzers start from and what they found: tests/fuzz/corpus/<target>/.
//!
//! The targets of HTTP and of frames are replayed where they are decoded, in the package of net, and
//! those of the relay in that of cluster.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "shown only if a replay fails: it names the file"
)]

use std::path::Path;

use downbeat::fuzzing::recording;
use downbeat_cluster::fuzzing::redis_text;
use downbeat_schemas::fuzzing::{client_message, rows};
use downbeat_tests::random::Random;

/// Mutations of each file: a short run of the fuzzer, the same each time.
const MUTATIONS: usize = 500;

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let corpus = corpus.join(target);
    let mut random = Random::new(1);
    let mut count = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        let bytes = std::fs::read(path).unwrap();
        run(&bytes);
        for _ in 0..MUTATIONS {
            let mutant = random.mutated(&bytes);
            println!("{}", mutant.escape_ascii());
            run(&mutant);
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", corpus.display());
}

#[test]
fn client_message_corpus() {
    replay("client_message", client_message);
}

#[test]
fn rows_corpus() {
    replay("rows", rows);
}

#[test]
fn recording_corpus() {
    replay("recording", recording);
}

#[test]
fn redis_text_corpus() {
    replay("redis_text", redis_text);
}
