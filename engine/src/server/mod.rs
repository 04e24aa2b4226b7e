//! Building and running a server.

pub(crate) mod auth;
mod builder;
mod checks;
mod cluster_config;
pub(crate) mod definition;
mod membership;
mod probe;
mod running;
pub(crate) mod settings;
mod signals;
mod start;

pub use auth::AuthRequest;
pub use builder::{Server, ServerBuilder};
pub use cluster_config::{ClusterConfig, ClusterConfigError, OnRedisLoss};
pub use definition::RoomDefinition;
pub use probe::ProbeError;
pub use running::RunningServer;
pub use settings::{
    CaptureSettings, CpuChoice, DEFAULT_PORT, EmptyPasswordError, ParseCpuListError, Password,
    RecordSettings, Settings, parse_cpu_list,
};
pub use start::StartError;
