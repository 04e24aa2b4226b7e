//! Replays what the fuzzers start from and what they found: tests/fuzz/corpus/<target>/.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "shown only if a replay fails: it names the file"
)]

use std::path::PathBuf;

use downbeat_cluster::fuzzing::{post_letter, queue_answers, registry_replies};

/// Runs each file, and each with every byte of it changed, cut out, or the last.
fn replay(target: &str, run: fn(&[u8])) {
    let corpus: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../tests/fuzz/corpus", target]
        .iter()
        .collect();
    let mut count = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        let bytes = std::fs::read(path).unwrap();
        run(&bytes);
        for at in 0..bytes.len() {
            let mut mutant = bytes.clone();
            for byte in [0x1f, b'"', b':', b'9', 0xff, bytes[at] ^ 1] {
                mutant[at] = byte;
                run(&mutant);
            }
            run(&bytes[..at]);
            mutant.remove(at);
            run(&mutant);
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", corpus.display());
}

#[test]
fn registry_replies_corpus() {
    replay("registry_replies", registry_replies);
}

#[test]
fn queue_answers_corpus() {
    replay("queue_answers", queue_answers);
}

#[test]
fn post_letter_corpus() {
    replay("post_letter", post_letter);
}
