//! Presence on a real Redis: the same as in memory, for nodes that share it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod differential;
mod node;
mod redis;
mod stuck;
mod topics;
