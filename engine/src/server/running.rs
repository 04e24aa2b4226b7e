//! A server that runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use downbeat_schemas::id::NodeId;

use crate::link::Command;
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

    /// The `processId` of the HTTP surface.
    pub fn id(&self) -> NodeId {
        self.node.id
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
        if let Some(scribe) = &self.node.scribe {
            scribe.finish();
        }
        if let Some(clerk) = self.clerk {
            self.node.clerk.end();
            clerk.join();
        }
    }
}
