//! Real sockets on the loopback interface. A test that waits for ever has failed.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

mod loopback;
mod sending;
mod streams;
