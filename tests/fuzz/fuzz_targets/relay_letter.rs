//! Any bytes as a letter to a room's owner: no panic there, and what is read is what would be written.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::relay_letter(input));
