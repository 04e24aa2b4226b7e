//! Any bytes as what one node says to another: no panic, and what is read is what would be written.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::post_letter(input));
