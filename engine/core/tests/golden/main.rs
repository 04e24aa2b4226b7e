//! The wire as files: the bytes that other clients are tested against, in `schemas/golden`.
//!
//! `DOWNBEAT_GOLDEN=write cargo test -p downbeat-core --test golden` writes them anew. Do so only
//! together with a new protocol number, or when messages were added.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

mod json;
mod messages;
mod room;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

/// One message and what a client should read in it.
struct Golden {
    name: &'static str,
    bytes: Vec<u8>,
    json: Json,
}

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/golden");

#[test]
fn the_bytes_are_still_these() {
    let goldens: Vec<_> = messages::all().into_iter().chain(room::all()).collect();
    let directory = Path::new(DIRECTORY);
    let mut names = BTreeSet::from([String::from("README.md")]);
    for golden in &goldens {
        let (bytes, json) = (
            format!("{}.bin", golden.name),
            format!("{}.json", golden.name),
        );
        check(&directory.join(&bytes), &golden.bytes);
        let text = serde_json::to_string_pretty(&golden.json).unwrap() + "\n";
        check(&directory.join(&json), text.as_bytes());
        names.extend([bytes, json]);
    }
    let there = fs::read_dir(directory).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        there.collect::<BTreeSet<_>>(),
        names,
        "files that no message has"
    );
}

fn check(path: &Path, expected: &[u8]) {
    if std::env::var_os("DOWNBEAT_GOLDEN").is_some_and(|what| what == "write") {
        fs::write(path, expected).unwrap();
    }
    let found = fs::read(path).unwrap_or_default();
    assert!(found == expected, "{} is another", path.display());
}
