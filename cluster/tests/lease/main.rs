//! The lease from outside: simulated, model-checked, and compared with Redis.
#![allow(clippy::unwrap_used, reason = "all of this is test")]
#![allow(clippy::print_stdout, reason = "figures of a run, shown if it fails")]

mod checker;
mod differential;
mod faults;
mod happen;
mod model;
mod model_check;
mod promises;
mod random;
mod redis;
mod replies;
mod server;
mod simulation;
mod table;
mod world;
