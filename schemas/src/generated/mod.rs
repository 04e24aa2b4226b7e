//! Written by `flatc` from `schemas/fbs` through `cargo xtask schemas`. Not for editing.
#![allow(
    clippy::all,
    clippy::needless_pass_by_value,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    clippy::use_self,
    missing_debug_implementations,
    rust_2018_idioms,
    unreachable_pub,
    unsafe_code,
    unused_qualifications
)]

pub mod client;
pub mod server;
