//! Any bytes on a new connection: no panic, and the same events however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_net::fuzzing::http_request(input));
