//! A server that runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use downbeat_presence::Presence;
use downbeat_schemas::id::{NodeId, RoomId};
use futures_executor::block_on;

use crate::capture::CapturedTick;
use crate::link::{Command, RecordError};
use crate::node::Node;
use crate::shard::ShardThread;
use crate::stats::Clerk;

/// A started server. Dropped, it goes on; [`Self::stop`] ends it.
#[derive(Debug)]
#[must_use = "the server goes on until `stop` is called"]
pub struct RunningServer {
    pub(super) node: Arc<Node>,
    pub(super) address: SocketAddr,
    pub(super) threads: Vec<ShardThread>,
    pub(super) clerk: Option<Clerk>,
}

impl RunningServer {
    /// Where clients connect; with the port that the kernel chose if 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    #[cfg(feature = "cli")]
    pub(crate) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The `processId` of the HTTP surface.
    pub fn id(&self) -> NodeId {
        self.node.id
    }

    /// Records one room from now on, into the folder that [`Settings::record`](crate::Settings) names;
    /// nothing happens if it is recorded already. Waits for the room's shard.
    ///
    /// ```
    /// use downbeat::{RecordError, Server, rooms::Arena};
    ///
    /// let server = Server::builder().listen(([127, 0, 0, 1], 0).into()).room::<Arena>("arena");
    /// let server = server.start()?;
    /// let room = "0000000000001".parse()?;
    /// assert_eq!(server.record(room), Err(RecordError::NoSuchRoom));
    /// server.stop();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RecordError`] if it is not.
    pub fn record(&self, room: RoomId) -> Result<(), RecordError> {
        block_on(self.node.record(room, true))
    }

    /// Records a room no more; its file says so and is whole.
    ///
    /// # Errors
    /// [`RecordError`] if the room is gone.
    pub fn stop_recording(&self, room: RoomId) -> Result<(), RecordError> {
        block_on(self.node.record(room, false))
    }

    /// What the rooms of this server have as [`Ctx::presence`](crate::Ctx::presence): topics to
    /// publish to and to hear, sets, hashes and counters. A handle for any thread and any executor.
    ///
    /// ```
    /// use downbeat::{Server, rooms::Arena};
    ///
    /// let server = Server::builder().listen(([127, 0, 0, 1], 0).into()).room::<Arena>("arena");
    /// let server = server.start()?;
    /// // Every room that hears the topic gets it with its next tick.
    /// server.presence().tell("news", b"the servers restart at noon")?;
    /// server.stop();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn presence(&self) -> Presence {
        self.node.presence.clone()
    }

    /// The slow ticks that are captured, the newest first. Waits for the thread that writes them;
    /// none if too much waits for it.
    pub fn captures(&self) -> Vec<CapturedTick> {
        block_on(self.node.scribe.captures()).unwrap_or_default()
    }

    /// The flame graph of a captured tick as SVG, if it has one and is still there.
    pub fn flame_graph(&self, captured: &CapturedTick) -> Option<String> {
        block_on(self.node.scribe.flame_graph(captured.name.clone()))
    }

    /// Takes no one in any more, tells rooms (`on_dispose`) and clients (close code 4001), and
    /// returns when all is over: within `shutdown_ms`.
    pub fn stop(self) {
        self.node.closing.store(true, Ordering::Release);
        self.node.registry.stop();
        let patience = Duration::from_millis(self.node.settings.limits.shutdown_ms);
        for link in &self.node.links {
            if link.send(Command::ShutDown(patience)).is_err() {
                tracing::error!("a shard did not take the word that it is to end");
            }
        }
        for thread in self.threads {
            if let Err(error) = thread.join() {
                tracing::error!(%error, "a shard ended badly");
            }
        }
        self.node.presence.close();
        if let Some(cluster) = &self.node.cluster {
            cluster.leave();
        }
        self.node.scribe.finish();
        if let Some(clerk) = self.clerk {
            self.node.clerk.end();
            clerk.join();
        }
    }
}
