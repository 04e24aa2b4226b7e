//! Real Redis servers for tests: one alone, one with replicas and sentinels, a cluster.
//!
//! They listen on free ports of loopback, keep nothing on disk but their configuration, and end
//! with what started them: each when it is dropped, and all of them when the test's process ends,
//! however it ends (`watchdog`). So they may also live in a `static`, as
//! [`shared`]'s cluster does, which all tests of a binary use.
//!
//! ```no_run
//! use downbeat_tests_redis::{Cluster, Options, Standalone, shared};
//!
//! let redis = Standalone::start_with(&Options::new().line("maxmemory-policy allkeys-lru"));
//! assert_eq!(redis.command(&["SET", "a", "1"]).text(), "OK");
//!
//! // Started once for all tests of a binary, and healed after each that broke something.
//! let cluster = shared::alone();
//! cluster.owner_of(42).pause();
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`server`] | one process: kill, pause, restart |
//! | [`standalone`], [`sentinel`], [`cluster`] | the three topologies |
//! | [`migration`] | a slot on its way from one master to another |
//! | [`shared`] | one cluster for all tests of a binary |
//! | [`options`] | what a server is to have in its configuration |
//! | `config` | the text of a redis.conf |
//! | [`client`] | the client that sets them up, without a library |
//! | `watchdog` | who ends them when the test cannot |
//! | [`ports`] | where they listen |
//! | [`patience`] | how long is waited |

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

pub mod client;
pub mod cluster;
mod config;
pub mod migration;
pub mod options;
pub mod patience;
pub mod ports;
pub mod sentinel;
pub mod server;
pub mod shared;
pub mod standalone;
mod watchdog;

pub use client::{Client, Reply};
pub use cluster::Cluster;
pub use migration::Migration;
pub use options::{Login, Options, Tls};
pub use sentinel::Sentinel;
pub use server::Server;
pub use standalone::Standalone;
