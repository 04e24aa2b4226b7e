//! The room server for multiplayer games that never misses a beat.

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
mod entropy;
mod http;
#[cfg(feature = "cli")]
mod load;
mod matchmake;
mod node;
#[allow(unused_extern_crates)]
extern crate self as downbeat;
pub mod prelude;
pub mod rooms;
mod server;
mod shard;
mod stats;

pub use downbeat_cluster::{Order, SortField};
pub use downbeat_core::*;
pub use downbeat_schemas::limits;
pub use server::{
    AuthRequest, CpuChoice, DEFAULT_PORT, ParseCpuListError, ProbeError, RoomDefinition,
    RunningServer, Server, ServerBuilder, Settings, StartError, parse_cpu_list,
};
