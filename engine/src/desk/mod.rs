//! What the jobs of a shard work with.

mod alarms;

use std::sync::Arc;

use downbeat_schemas::id::ShardId;

pub(crate) use alarms::Alarms;

use crate::node::Node;

/// Shared by the turn of a shard and its jobs; lives on the shard's thread.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) node: Arc<Node>,
    pub(crate) shard: ShardId,
    pub(crate) alarms: Alarms,
}

impl Desk {
    pub(crate) fn new(node: Arc<Node>, shard: ShardId) -> Self {
        let alarms = Alarms::new(node.clock);
        Self {
            node,
            shard,
            alarms,
        }
    }
}
