//! The layer against real Redis servers.

mod cluster;
mod hardened;
mod help;
mod listening;
mod refusals;
mod sentinel;
mod standalone;
