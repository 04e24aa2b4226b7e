//! What a game says before its server starts.

use std::net::SocketAddr;

use downbeat_core::{Reject, Room};
use downbeat_schemas::limits::Limits;
use serde::Serialize;

use super::auth::{AuthHook, AuthRequest};
use super::cluster_config::ClusterConfig;
use super::definition::RoomDefinition;
use super::running::RunningServer;
use super::settings::{CaptureSettings, CpuChoice, Password, RecordSettings, Settings};
use super::signals;
use super::start::{self, StartError};
use crate::http::Pages;
use crate::types;

/// A room server.
///
/// ```no_run
/// use downbeat::{Server, rooms::Arena};
///
/// Server::builder().room::<Arena>("arena").run()?;
/// # Ok::<(), downbeat::StartError>(())
/// ```
#[derive(Debug)]
pub struct Server;

/// Collects the rooms and settings of a server.
#[derive(Debug, Default)]
#[must_use = "a server runs only when `run` or `start` is called"]
pub struct ServerBuilder {
    pub(super) settings: Settings,
    pub(super) definitions: Vec<RoomDefinition>,
    pub(super) auth: Option<AuthHook>,
    pub(super) pages: Pages,
}

impl Server {
    /// A server with default settings and no rooms.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }
}

impl ServerBuilder {
    /// Serves rooms of type `R` to clients that ask for `name`.
    pub fn room<R: Room>(self, name: &str) -> Self {
        self.define(RoomDefinition::new::<R>(name))
    }

    /// Serves a room type with filters or an order of its own.
    pub fn define(mut self, definition: RoomDefinition) -> Self {
        self.definitions.push(definition);
        self
    }

    /// Serves files of the game beside its rooms. Without, the page at `/` says what runs here.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Listens here instead of on port 2567 of all addresses.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.listen = address;
        self
    }

    /// Runs shards on these cores instead of on all.
    pub fn cpus(mut self, cpus: CpuChoice) -> Self {
        self.settings.cpus = cpus;
        self
    }

    /// Changes the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Tells clients this address, with their seat, to reach the node past a load balancer.
    pub fn public_address(mut self, address: impl Into<String>) -> Self {
        self.settings.public_address = Some(address.into());
        self
    }

    /// Measures no ticks and has no `/metrics`.
    pub const fn without_metrics(mut self) -> Self {
        self.settings.metrics = false;
        self
    }

    /// Opens `/monitor` to who knows this password, wherever the server listens.
    ///
    /// ```
    /// let server = downbeat::Server::builder().monitor_password("a long one".parse()?);
    /// # drop(server);
    /// # Ok::<(), downbeat::EmptyPasswordError>(())
    /// ```
    pub fn monitor_password(mut self, password: Password) -> Self {
        self.settings.monitor_password = Some(password);
        self
    }

    /// Runs shards before everything else on their cores (`SCHED_FIFO`), which needs the right to.
    pub const fn realtime(mut self) -> Self {
        self.settings.realtime = true;
        self
    }

    /// Makes the server one of many, that share their rooms through Redis.
    ///
    /// [`Self::run`] and the command line read it from the environment: `REDIS_URL` and the like.
    pub fn cluster(mut self, cluster: ClusterConfig) -> Self {
        self.settings.cluster = Some(cluster);
        self
    }

    /// Captures ticks that take too long.
    ///
    /// ```
    /// use downbeat::{CaptureSettings, Server};
    ///
    /// let server = Server::builder().capture(CaptureSettings {
    ///     folder: Some("captures".into()),
    ///     ..CaptureSettings::default()
    /// });
    /// # drop(server);
    /// ```
    pub fn capture(mut self, capture: CaptureSettings) -> Self {
        self.settings.capture = capture;
        self
    }

    /// Records rooms: see [`RunningServer::record`] for a single one.
    ///
    /// ```
    /// use downbeat::{RecordSettings, Server, rooms::Arena};
    ///
    /// let server = Server::builder().room::<Arena>("arena").record(RecordSettings {
    ///     rooms: vec!["arena".to_owned()],
    ///     folder: "recordings".into(),
    /// });
    /// # drop(server);
    /// ```
    pub fn record(mut self, record: RecordSettings) -> Self {
        self.settings.record = record;
        self
    }

    /// Replaces all settings, as read from a file or the command line.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Asks `hook` before anyone gets a seat. What it returns is the room's `ctx.auth(session)`.
    ///
    /// It runs on the shard that answers the request and may await; the rooms of the shard go on
    /// meanwhile. It must not block. A future that needs a runtime of its own (Tokio's I/O) has to
    /// be run there and awaited here through a channel.
    ///
    /// ```
    /// use downbeat::{AuthRequest, Reject, Server};
    ///
    /// async fn on_auth(request: AuthRequest) -> Result<u64, Reject> {
    ///     let token = request.token.ok_or_else(|| Reject::new("a token is needed"))?;
    ///     token.parse().map_err(|_| Reject::new("the token is not a number"))
    /// }
    ///
    /// let server = Server::builder().on_auth(on_auth);
    /// # drop(server);
    /// ```
    pub fn on_auth<C, F>(mut self, hook: impl Fn(AuthRequest) -> F + Send + Sync + 'static) -> Self
    where
        C: Serialize,
        F: Future<Output = Result<C, Reject>> + 'static,
    {
        self.auth = Some(AuthHook::new(hook));
        self
    }

    /// The rooms as TypeScript, for a client written with `@downbeat/client`.
    ///
    /// State is read from the Rust structs. Inputs and events are not: serde says nothing of an
    /// enum but while it writes one, so the client's author names them, as type arguments.
    ///
    /// ```
    /// use downbeat::{Server, rooms::Arena};
    ///
    /// let types = Server::builder().room::<Arena>("arena").types();
    /// assert!(types.contains("export interface ArenaRoom<"));
    /// ```
    pub fn types(&self) -> String {
        types::typescript(self.definitions.iter().map(RoomDefinition::room_type))
    }

    /// Runs the server, as one of many if the environment names a Redis, until SIGTERM or SIGINT,
    /// then ends rooms and connections within `shutdown_ms`. A second signal ends the process at
    /// once, and so does one that comes before the server has started.
    ///
    /// With the feature `cli` it logs to standard error, as JSON if `LOG_FORMAT` is `json`, unless
    /// the program has a `tracing` subscriber of its own.
    ///
    /// # Errors
    /// [`StartError`] if the server cannot start; it names the fix.
    pub fn run(self) -> Result<(), StartError> {
        #[cfg(feature = "cli")]
        crate::cli::log::to_stderr("info", crate::cli::log::LogFormat::of_environment());
        let signals = signals::Signals::new().map_err(StartError::Signals)?;
        let mut server = self;
        if server.settings.cluster.is_none() {
            server.settings.cluster = ClusterConfig::from_env()?;
        }
        let server = start::start(server, || signals.catch())?;
        signals.wait();
        signals.exit_on_next();
        tracing::info!("shutting down");
        server.stop();
        tracing::info!("stopped");
        Ok(())
    }

    /// Runs the command line of the `downbeat` program with the rooms of this server: `serve` with
    /// all its options, and `replay` for what was recorded of these rooms.
    ///
    /// ```no_run
    /// use downbeat::{Server, rooms::Arena};
    ///
    /// fn main() -> std::process::ExitCode {
    ///     Server::builder().room::<Arena>("arena").command_line()
    /// }
    /// ```
    #[cfg(feature = "cli")]
    pub fn command_line(self) -> std::process::ExitCode {
        crate::cli::run(self)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn definitions(&self) -> &[RoomDefinition] {
        &self.definitions
    }

    /// Starts the server on threads of its own: for tests, and for programs with a main loop.
    ///
    /// # Errors
    /// [`StartError`] if the server cannot start; it names the fix.
    pub fn start(self) -> Result<RunningServer, StartError> {
        start::start(self, || {})
    }
}
