//! Many nodes that are one server, seen from outside, through a real Redis Cluster.
//!
//! That a client plays through another node as it does directly is shown by the tests of `play`, each
//! of which runs both ways.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "the gaps that players saw are part of the proof"
)]

mod balancers;
mod edges;
mod endings;
mod faults;
mod gathering;
mod matchmaking;
mod placement;
mod presence;
