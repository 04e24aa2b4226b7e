//! Any bytes as a recording, and as the entries of one: no panic, and what is read survives.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_core::fuzzing::recording(input));
