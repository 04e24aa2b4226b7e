//! Any bytes as what a Redis server says of its cluster and of itself: no panic, and only servers
//! that it lists own slots.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::redis_text(input));
