//! Any bytes as a reply of the lease's script: no panic, and what is read can be relied on.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_cluster::fuzzing::lease_reply(input));
