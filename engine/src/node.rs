//! What all shards of a node share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use downbeat_cluster::{Location, Registry};
use downbeat_schemas::id::{NodeId, ShardId};

use crate::clock::Clock;
use crate::http::Pages;
use crate::link::ShardLink;
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
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) links: Vec<ShardLink>,
    pub(crate) board: Board,
    pub(crate) clerk: ClerkLink,
    /// There if anything is captured or recorded.
    pub(crate) scribe: Option<Scribe>,
    pub(crate) closing: AtomicBool,
}

impl Node {
    /// Whether the node takes no one in any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
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
