//! Replays what the fuzzers start from and what they found: tests/fuzz/corpus/<target>/.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "shown only if a replay fails: it names the file"
)]

use std::path::PathBuf;

use downbeat_net::fuzzing::{http_request, websocket_frames};

fn replay(target: &str, run: fn(&[u8])) {
    let corpus: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../tests/fuzz/corpus", target]
        .iter()
        .collect();
    let mut count = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", corpus.display());
}

#[test]
fn http_request_corpus() {
    replay("http_request", http_request);
}

#[test]
fn websocket_frames_corpus() {
    replay("websocket_frames", websocket_frames);
}
