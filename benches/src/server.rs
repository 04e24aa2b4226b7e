//! A server under test: a process of its own, on a port of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::{HttpError, Request, fetch};
use crate::metrics::{Metrics, MetricsError};
use crate::process::Process;

/// Which server, and where it and its clients run.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerArgs {
    /// The binary under test, which plays the clients too.
    #[arg(
        long,
        value_name = "FILE",
        env = "DOWNBEAT",
        default_value = "target/release/downbeat"
    )]
    pub downbeat: PathBuf,
    /// The core of the server's one shard.
    #[arg(long, value_name = "CORE", default_value_t = 0)]
    pub server_core: usize,
    /// The core of the clients.
    #[arg(long, value_name = "CORE", default_value_t = 1)]
    pub load_core: usize,
}

/// A running server; dropping it ends its process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

/// Why there is no server to measure.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No port is free, of all things.
    #[error("no free port on 127.0.0.1: {0}")]
    Port(io::Error),
    /// No such program.
    #[error(
        "could not start {path}: {source}; build it with `cargo build --release -p downbeat`, or name it with --downbeat",
        path = path.display()
    )]
    Start {
        /// The binary.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// It gave up; its own words are above.
    #[error("the server ended before it served: {0}")]
    Ended(ExitStatus),
    /// It runs and does not answer.
    #[error("the server did not answer within {} s: {last}", UP_TIMEOUT.as_secs())]
    NotUp {
        /// Its last answer.
        last: HttpError,
    },
    /// It stopped answering.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Its figures cannot be read.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// What should be there is not, or what should be gone is there.
    #[error("after {} s the server has {gauge} = {found}, expected {expected}", waited.as_secs())]
    Gauge {
        /// The metric.
        gauge: &'static str,
        /// What it should be.
        expected: u64,
        /// What it is.
        found: u64,
        /// How long it had.
        waited: Duration,
    },
}

/// Clients in rooms, as /metrics names them.
pub const CLIENTS: &str = "downbeat_clients";

/// A server binds its port and answers within a fraction of this.
const UP_TIMEOUT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// Settings of whoever runs the benchmark are not those of the server under test.
const VARIABLES: [&str; 15] = [
    "PORT",
    "DOWNBEAT_LISTEN",
    "DOWNBEAT_SHARDS",
    "DOWNBEAT_CPUS",
    "DOWNBEAT_PUBLIC_ADDRESS",
    "DOWNBEAT_LIMITS",
    "DOWNBEAT_CONFIG",
    "DOWNBEAT_CAPTURE_DIR",
    "DOWNBEAT_RECORD",
    "DOWNBEAT_RECORD_DIR",
    "PERF_SLOW_TICK_MS",
    "PERF_AUTO_PROFILE_COOLDOWN_MS",
    "DOWNBEAT_METRICS",
    "DOWNBEAT_LOG",
    "LOG_FORMAT",
];

impl Server {
    /// Starts a server with one shard and waits until it is healthy.
    ///
    /// # Errors
    /// [`ServerError`] if it does not come up.
    pub fn start(args: &ServerArgs) -> Result<Self, ServerError> {
        Self::start_with(args, &[])
    }

    /// Starts a server with options of its own.
    ///
    /// # Errors
    /// [`ServerError`] if it does not come up.
    pub fn start_with(args: &ServerArgs, options: &[&str]) -> Result<Self, ServerError> {
        let address = free_address().map_err(ServerError::Port)?;
        let mut command = Command::new(&args.downbeat);
        command
            .arg("serve")
            .args(["--listen", &address.to_string()])
            .args(["--cpus", &args.server_core.to_string()])
            .args(["--log", "warn"])
            .args(options)
            .stdin(Stdio::null());
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        let child = command.spawn().map_err(|source| ServerError::Start {
            path: args.downbeat.clone(),
            source,
        })?;
        let mut server = Self { child, address };
        server.wait_until_up()?;
        Ok(server)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process::new(self.child.id())
    }

    /// What it says of itself; shards tell once a second.
    ///
    /// # Errors
    /// [`ServerError`] if it does not answer.
    pub fn metrics(&self) -> Result<Metrics, ServerError> {
        let page = fetch(self.address, "/metrics", Request::Get)?;
        Ok(Metrics::parse(&page)?)
    }

    /// Waits until one of its metrics is exactly `expected`.
    ///
    /// # Errors
    /// [`ServerError::Gauge`] if that takes longer than `timeout`.
    pub fn wait_for(
        &self,
        gauge: &'static str,
        expected: u64,
        timeout: Duration,
    ) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            let found = self.metrics()?.sum(gauge) as u64;
            if found == expected {
                return Ok(());
            }
            if start.elapsed() > timeout {
                return Err(ServerError::Gauge {
                    gauge,
                    expected,
                    found,
                    waited: timeout,
                });
            }
            sleep(POLL * 10);
        }
    }

    fn wait_until_up(&mut self) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            // A process that cannot be asked has not ended.
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ServerError::Ended(status));
            }
            match fetch(self.address, "/health", Request::Get) {
                Ok(_) => return Ok(()),
                Err(last) if start.elapsed() > UP_TIMEOUT => {
                    return Err(ServerError::NotUp { last });
                }
                Err(_) => sleep(POLL),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The kernel hands out a port; between here and the server nobody else is likely to get it.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
