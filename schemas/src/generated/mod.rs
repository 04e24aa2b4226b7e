//! Written by `flatc` from `schemas/fbs` through `cargo xtask schemas`. Not for editing.
#![allow(
    clippy::all,
    missing_debug_implementations,
    rust_2018_idioms,
    unreachable_pub,
    unsafe_code,
    unused_qualifications
)]

pub mod client;
pub mod server;
