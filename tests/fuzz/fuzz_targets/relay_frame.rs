//! Any bytes as a frame to an edge: no panic there, and no word to who is not there.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::relay_frame(input));
