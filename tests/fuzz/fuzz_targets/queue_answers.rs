//! Any bytes as answers of the store that keeps the queues: no panic, and nobody is matched twice.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::queue_answers(input));
