//! A node as a process: killed, stopped, cut off, started again.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use downbeat_schemas::id::{NodeId, RoomId};
use rustix::process::Signal;

use super::net::Cell;
use super::wire;
use crate::process::ServerProcess;

/// How nodes are started.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The server.
    pub binary: String,
    /// Its variables.
    pub variables: Vec<(String, String)>,
    /// Where histories and logs go.
    pub folder: PathBuf,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// Of the place where it runs.
    pub cell: Cell,
    /// Of this process.
    pub id: NodeId,
    /// Where it listens.
    pub address: SocketAddr,
    process: ServerProcess,
    name: String,
    folder: PathBuf,
}

impl Node {
    /// Starts a node whose files have this name, and returns once it serves.
    ///
    /// # Errors
    /// What it said, if it does not.
    pub fn start(recipe: &Recipe, cell: &Cell, name: &str) -> Result<Self, String> {
        let mut command = cell.command(&recipe.binary);
        command.envs(recipe.variables.iter().map(|(name, value)| (name, value)));
        command.env("DOWNBEAT_HISTORY", history(&recipe.folder, name));
        let listen = format!("{}:0", cell.host);
        command.args(["serve", "--shards", "1", "--listen", &listen]);
        command.args(["--limit", "seat_reservation_ms=60000"]);
        let process = ServerProcess::try_start(&mut command)?;
        let address = process.address;
        let (_, health) = wire::ask(address, "GET", "/health", "")
            .map_err(|error| format!("it does not answer: {error}"))?;
        let id = health["processId"].as_str().unwrap_or_default();
        Ok(Self {
            cell: cell.clone(),
            id: id.parse().map_err(|_| format!("no health: {health}"))?,
            address,
            process,
            name: name.to_owned(),
            folder: recipe.folder.clone(),
        })
    }

    /// Stops its process: it does nothing, and its connections stay.
    pub fn stop(&self) {
        self.process.process.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.process.process.signal(Signal::CONT);
    }

    /// Ends it at once.
    pub fn kill(self) {
        self.process.process.signal(Signal::KILL);
        self.wait();
    }

    /// Tells it to end.
    pub fn terminate(&self) {
        self.process.process.signal(Signal::TERM);
    }

    /// Waits for its end, and keeps what it logged.
    pub fn wait(mut self) {
        self.process.process.wait();
        let log = self.process.rest_of_log().join("\n");
        // Only for people.
        let _ = fs::write(self.folder.join(format!("{}.log", self.name)), log);
    }

    /// Whether it says that it may tick.
    pub fn is_well(&self) -> bool {
        let health = wire::ask(self.address, "GET", "/health", "");
        health.is_ok_and(|(status, _)| status == 200)
    }

    /// The rooms that it lists, with their nodes.
    pub fn rooms(&self) -> Option<Vec<(RoomId, NodeId)>> {
        let (status, body) = wire::ask(self.address, "GET", "/rooms", "").ok()?;
        let rooms = body.as_array().filter(|_| status == 200)?.iter();
        let id = |room: &serde_json::Value, name: &str| room[name].as_str().map(str::to_owned);
        rooms
            .map(|room| {
                let owner = id(room, "processId")?.parse().ok()?;
                Some((id(room, "roomId")?.parse().ok()?, owner))
            })
            .collect()
    }
}

/// Where a node's history is.
pub fn history(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.history"))
}

/// How long a node may take to say that it is well, and to forget the dead, once Redis is.
pub const WELL_WITHIN: Duration = Duration::from_secs(40);
