//! Any bytes as answers of the store that nodes share: no panic, and records survive their text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::registry_replies(input));
