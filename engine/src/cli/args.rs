//! What can be said on the command line. An option beats its variable beats the file.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::cluster::ClusterArgs;
use super::log::{self, LogFormat};
use super::replay::ReplayArgs;
use crate::bench::BenchArgs;
use crate::load::LoadArgs;
use crate::server::settings::{CpuChoice, ParseCpuListError, Password, parse_cpu_list};

/// The room server for multiplayer games that never misses a beat.
#[derive(Debug, Parser)]
#[command(name = "downbeat", version, args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the rooms that come with Downbeat: arena, chat, world, lobby, queue. The default.
    Serve(ServeArgs),
    /// Measure how late ticks are on this machine, and how many clients a core carries.
    Bench(BenchArgs),
    /// Serve, and record each room of these types: `serve --record` in other words.
    ///
    /// A recording holds what came to a room and replays it: `downbeat replay FILE`. One running
    /// room is recorded from the monitor, or by the program that embeds the server.
    Record(RecordArgs),
    /// Put playing WebSocket clients on a server and measure what they see.
    Load(LoadArgs),
    /// Run a recording without sockets, and compare each tick with it.
    Replay(ReplayArgs),
    /// Print TypeScript types of the rooms, for @downbeat/client: `downbeat types > rooms.ts`.
    ///
    /// Each room becomes an interface such as ArenaRoom: its state, read from the Rust structs,
    /// and its inputs and events, which are not reflected and are given as type arguments. A game
    /// with rooms of its own prints them with `Server::builder()….types()`.
    Types,
    /// Look at the nodes that are one server through Redis: `downbeat cluster status`.
    Cluster(ClusterArgs),
    /// List every limit with its default, range and consequence.
    Limits,
}

#[derive(Debug, clap::Args)]
pub(super) struct RecordArgs {
    /// Room types, such as arena.
    #[arg(value_name = "ROOM", required = true)]
    pub(super) rooms: Vec<String>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

impl RecordArgs {
    pub(super) fn into_serve(self) -> ServeArgs {
        let mut serve = self.serve;
        serve.record.extend(self.rooms);
        serve
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Address and port to listen on, HTTP and WebSocket alike [default: [::]:2567].
    #[arg(long, value_name = "ADDRESS", env = "DOWNBEAT_LISTEN")]
    pub(super) listen: Option<SocketAddr>,

    /// Port to listen on, where --listen does not say it.
    #[arg(long, value_name = "PORT", env = "PORT")]
    pub(super) port: Option<u16>,

    /// Number of shards, each on a core of its own [default: all cores].
    #[arg(
        long,
        value_name = "N",
        env = "DOWNBEAT_SHARDS",
        conflicts_with = "cpus"
    )]
    pub(super) shards: Option<usize>,

    /// The cores to use, one shard each, such as 0,2-5.
    #[arg(long, value_name = "LIST", env = "DOWNBEAT_CPUS", value_parser = cpu_list)]
    pub(super) cpus: Option<CpuChoice>,

    /// Host and port at which clients reach this node directly; told to them with their seat.
    #[arg(long, value_name = "HOST:PORT", env = "DOWNBEAT_PUBLIC_ADDRESS")]
    pub(super) public_address: Option<String>,

    /// A tick that takes longer is slow: counted, logged, captured. 0: none is [default: 20].
    #[arg(long, value_name = "MS", env = "PERF_SLOW_TICK_MS")]
    pub(super) slow_tick_ms: Option<u64>,

    /// Capture slow ticks in this folder: flame graph, room and inputs.
    ///
    /// To be ready for it costs 500 samples per second of a shard's running time, some 20 µs each,
    /// and each room is frozen before each tick: some 13 µs with 50 players.
    #[arg(long, value_name = "FOLDER", env = "DOWNBEAT_CAPTURE_DIR")]
    pub(super) capture_dir: Option<PathBuf>,

    /// The least time from one capture to the next [default: 60000].
    #[arg(long, value_name = "MS", env = "PERF_AUTO_PROFILE_COOLDOWN_MS")]
    pub(super) capture_cooldown_ms: Option<u64>,

    /// Record each room of this type, for `downbeat replay`. May be repeated.
    #[arg(
        long,
        value_name = "ROOM",
        env = "DOWNBEAT_RECORD",
        value_delimiter = ','
    )]
    pub(super) record: Vec<String>,

    /// Where recordings are written [default: recordings].
    #[arg(long, value_name = "FOLDER", env = "DOWNBEAT_RECORD_DIR")]
    pub(super) record_dir: Option<PathBuf>,

    /// Set a limit; `downbeat limits` lists them. May be repeated.
    #[arg(
        long = "limit",
        value_name = "NAME=VALUE",
        env = "DOWNBEAT_LIMITS",
        value_delimiter = ','
    )]
    pub(super) limits: Vec<LimitArg>,

    /// Whether ticks are measured and /metrics is there [default: true].
    #[arg(long, value_name = "BOOL", env = "DOWNBEAT_METRICS")]
    pub(super) metrics: Option<bool>,

    /// Opens /monitor to who knows this password; without, it is there on loopback only, for all.
    ///
    /// Better as a variable or in the file: what is on a command line, other users of the machine see.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "MONITOR_PASSWORD",
        hide_env_values = true
    )]
    pub(super) monitor_password: Option<Password>,

    /// Run shards before everything else on their cores (SCHED_FIFO) [default: false].
    ///
    /// Needs CAP_SYS_NICE, or a limit of real-time priorities of 1 or more.
    #[arg(long, value_name = "BOOL", env = "DOWNBEAT_REALTIME", num_args = 0..=1,
          default_missing_value = "true")]
    pub(super) realtime: Option<bool>,

    /// For `downbeat bench`, of this process id: ends with it, and has the room type `hall`.
    #[arg(long, value_name = "PID", hide = true)]
    pub(super) for_bench: Option<u32>,

    /// A TOML file with any of the above: listen, shards, cpus, public_address, slow_tick_ms,
    /// capture_dir, capture_cooldown_ms, record, record_dir, metrics, monitor_password,
    /// realtime, [limits].
    #[arg(long, value_name = "FILE", env = "DOWNBEAT_CONFIG")]
    pub(super) config: Option<PathBuf>,

    /// What to log: error, warn, info, debug, trace, or a filter such as downbeat=debug.
    #[arg(
        long,
        value_name = "FILTER",
        env = "DOWNBEAT_LOG",
        default_value = "info"
    )]
    pub(super) log: String,

    /// How to log: for people, or one JSON object per line.
    #[arg(long, value_name = "FORMAT", env = log::FORMAT, default_value = "human")]
    pub(super) log_format: LogFormat,
}

/// `NAME=VALUE` of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LimitArg {
    pub(super) name: String,
    pub(super) value: u64,
}

impl std::str::FromStr for LimitArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}`: write NAME=VALUE, such as frame_bytes_max=4096"))?;
        let value = value.replace('_', "").parse();
        Ok(Self {
            name: name.trim().to_owned(),
            value: value.map_err(|error| format!("`{text}`: {error}; write a whole number"))?,
        })
    }
}

fn cpu_list(text: &str) -> Result<CpuChoice, ParseCpuListError> {
    parse_cpu_list(text)
}
