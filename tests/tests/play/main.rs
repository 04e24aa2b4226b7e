//! Clients in rooms, from the Welcome to the close code.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

mod endings;
mod reconnection;
mod rules;
mod seats;
mod shards;
mod slow_reader;
mod state;
