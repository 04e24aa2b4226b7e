//! What is counted of clients whose sockets another node holds.

use downbeat_cluster::relay::{EdgeCounters, OwnerCounters};

/// What a shard counted, as an edge and as an owner.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RelayStats {
    pub(crate) edge: EdgeCounters,
    pub(crate) owner: OwnerCounters,
    /// Letters and frames that could not be read.
    pub(crate) malformed: u64,
}

impl RelayStats {
    pub(super) fn absorb(&mut self, since: &Self) {
        self.edge.add(since.edge);
        self.owner.add(since.owner);
        self.malformed += since.malformed;
    }
}
