//! `downbeat load` as a process of its own, on a core of its own.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::load_report::LoadReport;
use crate::server::{Server, ServerArgs};

/// Clients that play.
#[derive(Clone, Debug)]
pub struct Load {
    /// The room type.
    pub room: String,
    /// How many.
    pub clients: u32,
    /// How long they are measured.
    pub seconds: f64,
    /// How long they play before that.
    pub warmup_seconds: f64,
    /// How many begin to join per second.
    pub ramp_hz: f64,
}

/// Clients that are playing; dropping them ends them.
#[derive(Debug)]
pub struct RunningLoad {
    child: Child,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No such program.
    #[error("could not start `{} load`: {source}", path.display())]
    Start {
        /// The binary.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Its output cannot be read.
    #[error("could not read what `downbeat load` says: {0}")]
    Output(io::Error),
    /// It gave up; its own words are above.
    #[error("`downbeat load` ended without a report: {0}")]
    Ended(ExitStatus),
    /// It says something else than this program expects: the two are of different commits.
    #[error("`downbeat load` reports in another way than expected: {0}; build both anew")]
    Report(serde_json::Error),
}

impl Load {
    /// As many clients as said, in rooms of a type that needs no options.
    pub fn new(room: impl Into<String>, clients: u32, seconds: f64) -> Self {
        Self {
            room: room.into(),
            clients,
            seconds,
            warmup_seconds: 2.0,
            ramp_hz: 500.0,
        }
    }

    /// Lets the clients join.
    ///
    /// # Errors
    /// [`LoadError::Start`] if the program is not there.
    pub fn start(&self, args: &ServerArgs, server: &Server) -> Result<RunningLoad, LoadError> {
        let mut command = Command::new(&args.downbeat);
        command
            .arg("load")
            .args(self.arguments(args, server))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let child = command.spawn().map_err(|source| LoadError::Start {
            path: args.downbeat.clone(),
            source,
        })?;
        Ok(RunningLoad { child })
    }

    /// Lets the clients join, play and leave.
    ///
    /// # Errors
    /// [`LoadError`] if there is no report.
    pub fn run(&self, args: &ServerArgs, server: &Server) -> Result<LoadReport, LoadError> {
        self.start(args, server)?.finish()
    }

    fn arguments(&self, args: &ServerArgs, server: &Server) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["--json".into()];
        let mut option = |name: &str, value: OsString| {
            arguments.extend([OsString::from(name), value]);
        };
        option("--url", format!("http://{}", server.address()).into());
        option("--server-pid", server.process().id().to_string().into());
        option("--cpu", args.load_core.to_string().into());
        option("--room", self.room.clone().into());
        option("--clients", self.clients.to_string().into());
        option("--seconds", self.seconds.to_string().into());
        option("--warmup", self.warmup_seconds.to_string().into());
        option("--ramp", self.ramp_hz.to_string().into());
        arguments
    }
}

impl RunningLoad {
    /// Waits until the clients have played and left: the generator bounds each of its phases.
    ///
    /// # Errors
    /// [`LoadError`] if there is no report.
    pub fn finish(mut self) -> Result<LoadReport, LoadError> {
        let mut text = String::new();
        if let Some(mut output) = self.child.stdout.take() {
            let read = output.read_to_string(&mut text);
            read.map_err(LoadError::Output)?;
        }
        let status = self.child.wait().map_err(LoadError::Output)?;
        if text.trim().is_empty() {
            return Err(LoadError::Ended(status));
        }
        LoadReport::parse(&text).map_err(LoadError::Report)
    }
}

impl Drop for RunningLoad {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
