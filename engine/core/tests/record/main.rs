//! Recordings: a room's life written down, replayed bit by bit, and what is left of damaged files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

mod damage;
mod days;
mod ends;
mod golden;
mod meadow;
