//! What happened between us and Redis, counted and logged.

use std::cell::Cell;

use super::node::RedisNode;
use super::round_trips::RoundTrips;

/// What happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedisCounts {
    /// Connections that were made.
    pub connected: u64,
    /// Servers that came into the topology.
    pub nodes_added: u64,
    /// Servers that left it.
    pub nodes_removed: u64,
    /// Connections that broke or could not be made.
    pub node_errors: u64,
    /// Commands without an answer, or refused.
    pub command_errors: u64,
    /// Of these, the ones whose answer did not come in time.
    pub timeouts: u64,
    /// MOVED and ASK that were followed.
    pub redirections: u64,
    /// Changes of who owns what.
    pub topology_changes: u64,
    /// From commands to their answers, redirections included, without those that wait for replicas.
    pub round_trips: RoundTrips,
    /// Messages that were heard.
    pub heard: u64,
    /// Messages that were dropped because nobody took those before.
    pub unheard: u64,
    /// Subscriptions that were asked for anew.
    pub resubscribed: u64,
}

/// The counts of one router and its listeners.
#[derive(Debug, Default)]
pub(crate) struct Counter(Cell<RedisCounts>);

impl Counter {
    pub(crate) fn counts(&self) -> RedisCounts {
        self.0.get()
    }

    pub(crate) fn add(&self, count: impl FnOnce(&mut RedisCounts)) {
        let mut counts = self.0.get();
        count(&mut counts);
        self.0.set(counts);
    }

    pub(crate) fn connected(&self, node: &RedisNode, what: &str) {
        self.add(|counts| counts.connected += 1);
        tracing::info!(%node, "redis: connected for {what}");
    }

    /// Only the first failure in a row is worth a warning.
    pub(crate) fn node_error(&self, node: &RedisNode, failures: u64, error: &str) {
        self.add(|counts| counts.node_errors += 1);
        if failures <= 1 {
            tracing::warn!(%node, error, "redis: node error");
        } else {
            tracing::debug!(%node, error, failures, "redis: node error again");
        }
    }

    pub(crate) fn node_added(&self, node: &RedisNode) {
        self.add(|counts| counts.nodes_added += 1);
        tracing::info!(%node, "redis: node added");
    }

    pub(crate) fn node_removed(&self, node: &RedisNode) {
        self.add(|counts| counts.nodes_removed += 1);
        tracing::info!(%node, "redis: node removed");
    }
}
