//! Any bytes on a WebSocket: no panic, and the same events however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| downbeat_net::fuzzing::websocket_frames(input));
