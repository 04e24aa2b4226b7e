//! The HTTP surface, path by path and byte by byte.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

mod auth;
mod matchmaking;
mod pages;
mod storm;
mod surface;
mod wire;
