//! What INFO tells of a server, for metrics.

use std::time::Duration;

use super::info::Info;
use super::node::RedisNode;

/// One server in figures. While it is not connected they are the last that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisNodeFigures {
    /// Where it listens.
    pub node: RedisNode,
    /// Whether this node has a connection to it.
    pub is_connected: bool,
    /// Whether it takes writes.
    pub is_master: bool,
    /// What its data and connections take.
    pub used_memory_bytes: u64,
    /// 0: no limit.
    pub max_memory_bytes: u64,
    /// Connections to it, of all its users.
    pub clients: u64,
    /// Commands a second, as it measures them.
    pub ops_per_s: u64,
    /// Lookups of keys that were there, since its start.
    pub keyspace_hits: u64,
    /// Lookups of keys that were not.
    pub keyspace_misses: u64,
    /// Keys that it threw away for want of memory: each may have been a lease or a room.
    pub evicted_keys: u64,
    /// Of the last look at it.
    pub round_trip: Duration,
}

impl RedisNodeFigures {
    pub(crate) fn new(node: &RedisNode) -> Self {
        Self {
            node: node.clone(),
            is_connected: false,
            is_master: false,
            used_memory_bytes: 0,
            max_memory_bytes: 0,
            clients: 0,
            ops_per_s: 0,
            keyspace_hits: 0,
            keyspace_misses: 0,
            evicted_keys: 0,
            round_trip: Duration::ZERO,
        }
    }

    /// Lookups of keys that were there, of all lookups; None before the first.
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.keyspace_hits + self.keyspace_misses;
        (lookups > 0).then(|| self.keyspace_hits as f64 / lookups as f64)
    }

    /// Takes in what INFO tells.
    pub(crate) fn learn(&mut self, info: Info<'_>) {
        self.is_master = info.value("role") == Some("master");
        self.used_memory_bytes = info.number("used_memory");
        self.max_memory_bytes = info.number("maxmemory");
        self.clients = info.number("connected_clients");
        self.ops_per_s = info.number("instantaneous_ops_per_sec");
        self.keyspace_hits = info.number("keyspace_hits");
        self.keyspace_misses = info.number("keyspace_misses");
        self.evicted_keys = info.number("evicted_keys");
    }
}

#[cfg(test)]
mod tests {
    use super::{Info, RedisNode, RedisNodeFigures};

    #[test]
    fn figures_are_those_of_info() {
        let mut figures = RedisNodeFigures::new(&RedisNode::parse("a:1").unwrap());
        assert_eq!(figures.hit_ratio(), None);
        figures.learn(Info(
            "role:master\r\nused_memory:10\r\nmaxmemory:20\r\nconnected_clients:3\r\n\
             instantaneous_ops_per_sec:4\r\nkeyspace_hits:3\r\nkeyspace_misses:1\r\n",
        ));
        assert!(figures.is_master);
        assert_eq!(
            (figures.used_memory_bytes, figures.max_memory_bytes),
            (10, 20)
        );
        assert_eq!((figures.clients, figures.ops_per_s), (3, 4));
        assert_eq!(figures.hit_ratio(), Some(0.75));
    }
}
