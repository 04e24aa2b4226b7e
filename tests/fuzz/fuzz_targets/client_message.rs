//! Any bytes as a client's message: no panic, and what is read is what would be written.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_schemas::fuzzing::client_message(input));
