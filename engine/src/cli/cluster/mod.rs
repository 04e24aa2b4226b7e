//! `downbeat cluster`: what many nodes have in Redis, seen without a node.

mod json;
mod table;
mod words;

use std::process::ExitCode;

use downbeat_cluster::{ClusterLook, LookError, look};

use crate::{ClusterConfig, ClusterConfigError};

/// Look at the nodes that are one server through Redis.
#[derive(Debug, clap::Args)]
pub(super) struct ClusterArgs {
    #[command(subcommand)]
    command: ClusterCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ClusterCommand {
    /// Print nodes, shards, leases, rooms and Redis servers. Reads Redis; needs no node, and writes
    /// nothing.
    ///
    /// Where Redis is, the same variables say as for `serve`: REDIS_URL and the like.
    Status {
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
enum StatusError {
    #[error(
        "no Redis is named, and a node without one is alone: set REDIS_URL=redis://HOST:PORT (or \
         REDIS_HOST, REDIS_CLUSTER_NODES, REDIS_SENTINEL_HOSTS), as for the nodes"
    )]
    NoRedis,
    #[error(transparent)]
    Config(#[from] ClusterConfigError),
    #[error(transparent)]
    Look(#[from] LookError),
}

#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the status is what was asked for"
)]
pub(super) fn run(args: &ClusterArgs) -> ExitCode {
    let ClusterCommand::Status { json } = args.command;
    match status() {
        Ok(look) if json => println!("{:#}", json::of(&look)),
        Ok(look) => print!("{}", words::of(&look)),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn status() -> Result<ClusterLook, StatusError> {
    let config = ClusterConfig::from_env()?.ok_or(StatusError::NoRedis)?;
    Ok(look(config.redis)?)
}
