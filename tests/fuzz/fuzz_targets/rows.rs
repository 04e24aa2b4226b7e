//! Any bytes as rows of a room: no panic, and a snapshot says the same to everybody.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_schemas::fuzzing::rows(input));
