//! What all shards of a node share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use downbeat_cluster::queue::Queues;
use downbeat_cluster::{Cluster, Fence, History, Location, Post, Registry};
use downbeat_presence::Presence;
use downbeat_schemas::id::{NodeId, RoomId, ShardId};
use futures_channel::oneshot;

use crate::clock::Clock;
use crate::http::Pages;
use crate::link::{Command, RecordError, ShardLink};
use crate::monitor::{self, Monitor};
use crate::scribe::Scribe;
use crate::server::auth::AuthHook;
use crate::server::definition::RoomDefinition;
use crate::server::settings::Settings;
use crate::stats::{Board, ClerkLink};

/// One server process, as its shards see it. Read-only but for a flag, the board and the queue of the clerk.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) definitions: BTreeMap<Arc<str>, Arc<RoomDefinition>>,
    pub(crate) auth: Option<AuthHook>,
    pub(crate) pages: Pages,
    /// None if it is off.
    pub(crate) monitor: Option<Monitor>,
    pub(crate) registry: Arc<dyn Registry>,
    /// What rooms and programs tell each other.
    pub(crate) presence: Presence,
    pub(crate) queues: Arc<dyn Queues>,
    /// Until when the shards may tick.
    pub(crate) fence: Fence,
    /// The way to other nodes; none for a node on its own.
    pub(crate) post: Option<Post>,
    /// None for a node on its own.
    pub(crate) cluster: Option<Cluster>,
    /// Where it writes down what it does.
    pub(crate) history: History,
    pub(crate) links: Vec<ShardLink>,
    pub(crate) board: Board,
    pub(crate) clerk: ClerkLink,
    pub(crate) scribe: Scribe,
    pub(crate) closing: AtomicBool,
}

impl Node {
    /// Whether the node takes no one in any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// The room type of a name; the monitor's too, if it is on.
    pub(crate) fn definition(&self, name: &str) -> Option<&Arc<RoomDefinition>> {
        let monitor = self.monitor.as_ref();
        let monitor = monitor.filter(|_| name == monitor::ROOM_NAME);
        let monitor = monitor.map(|monitor| &monitor.definition);
        self.definitions.get(name).or(monitor)
    }

    /// Records a room of this node from now on, or no more.
    pub(crate) async fn record(&self, room: RoomId, on: bool) -> Result<(), RecordError> {
        let found = self.registry.locate(room).await;
        let found = found.map_err(|_| RecordError::Unavailable)?;
        let found = found.filter(|found| found.location.node == self.id);
        let shard = found.ok_or(RecordError::NoSuchRoom)?.location.shard;
        let (reply, answer) = oneshot::channel();
        let sent = self.link(shard).send(Command::Record { room, on, reply });
        sent.map_err(|_| RecordError::Unavailable)?;
        answer.await.map_err(|_| RecordError::Unavailable)?
    }

    pub(crate) fn link(&self, shard: ShardId) -> &ShardLink {
        &self.links[usize::from(shard.0)]
    }

    pub(crate) const fn location(&self, shard: ShardId) -> Location {
        Location {
            node: self.id,
            shard,
        }
    }
}
