//! Rooms from outside: what a game's hooks see, what its clients hear, and that both hold whatever
//! happens.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

mod driver;
mod ends;
mod lifecycle;
mod operator;
mod probe;
mod simulation;
mod talking;
mod time;
mod topics;
