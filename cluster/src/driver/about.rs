//! What a node tells of itself, in its lease.

use downbeat_schemas::id::ShardId;
use serde::{Deserialize, Serialize};

/// Read by other nodes, and by `downbeat cluster status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Where other nodes reach its port, to see whether it has crashed. None: nobody is to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where clients reach it past a load balancer, if that is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
    /// How many shards it has: from 0 on.
    pub shards: u16,
    /// Its release.
    pub version: String,
}

impl About {
    /// As text for the lease.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// What is understood of a text.
    pub fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Its shards.
    pub fn shard_ids(&self) -> impl Iterator<Item = ShardId> {
        (0..self.shards).map(ShardId)
    }
}

pub(super) fn address_of(about: &str) -> Option<String> {
    About::of(about).address
}
