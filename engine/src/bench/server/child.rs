//! This same program as a server, in a process of its own.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::http::{HttpError, Request, fetch};

/// How the server is to run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// One for each shard.
    pub(crate) cores: Vec<usize>,
    pub(crate) is_realtime: bool,
}

/// A running server; dropping it ends its process.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    address: SocketAddr,
}

/// Why there is no server to measure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChildError {
    #[error("no free port on 127.0.0.1: {0}")]
    Port(io::Error),
    #[error("could not start this program as a server: {0}")]
    Start(io::Error),
    #[error("the server ended before it served ({0}); its own words are above")]
    Ended(ExitStatus),
    #[error("the server did not answer within {} s: {last}", UP_TIMEOUT.as_secs())]
    NotUp { last: HttpError },
}

/// A server binds its port and answers within a fraction of this.
const UP_TIMEOUT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// All settings of the server are named so, but for the port and the log's format: those of whoever
/// runs the benchmark are not the server's.
const VARIABLES: &str = "DOWNBEAT_";
const OTHER_VARIABLES: [&str; 2] = ["PORT", "LOG_FORMAT"];

impl Child {
    /// Starts a server and waits until it is healthy.
    ///
    /// Call it on a thread that lives as long as the server is to: it ends with its parent thread,
    /// however that ends.
    pub(crate) fn start(options: &Options) -> Result<Self, ChildError> {
        let address = free_address().map_err(ChildError::Port)?;
        let process = command(address, options)
            .and_then(|mut command| command.spawn())
            .map_err(ChildError::Start)?;
        let mut child = Self { process, address };
        child.wait_until_up()?;
        Ok(child)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    fn wait_until_up(&mut self) -> Result<(), ChildError> {
        let start = Instant::now();
        let host = self.address.to_string();
        loop {
            // A process that cannot be asked has not ended.
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(ChildError::Ended(status));
            }
            match fetch(self.address, &host, Request::Get("/health")) {
                Ok(_) => return Ok(()),
                Err(last) if start.elapsed() > UP_TIMEOUT => {
                    return Err(ChildError::NotUp { last });
                }
                Err(_) => sleep(LOOK_EVERY),
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(address: SocketAddr, options: &Options) -> io::Result<Command> {
    let cores: Vec<_> = options.cores.iter().map(ToString::to_string).collect();
    let mut command = Command::new(env::current_exe()?);
    command
        .args(["serve", "--log", "error"])
        .args(["--for-bench", &std::process::id().to_string()])
        .args(["--listen", &address.to_string()])
        .args(["--cpus", &cores.join(",")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Ctrl-C is the benchmark's: the server is to answer until it is asked for the last time.
        .process_group(0);
    if options.is_realtime {
        command.arg("--realtime");
    }
    let theirs = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in theirs.filter(|name| name.starts_with(VARIABLES)) {
        command.env_remove(name);
    }
    for name in OTHER_VARIABLES {
        command.env_remove(name);
    }
    Ok(command)
}

/// The kernel hands out a port; between here and the server nobody else is likely to get it.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
