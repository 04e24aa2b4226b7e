//! What is known of a room outside of its shard.

use std::fmt::Display;
use std::sync::Arc;

use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::time::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::Filter;

/// One shard of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The process.
    pub node: NodeId,
    /// Its thread.
    pub shard: ShardId,
}

/// A room as its owner last published it. Values are absolute, so a lost or repeated record does
/// no harm that the next one does not mend.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomRecord {
    /// The room.
    pub room: RoomId,
    /// The name of its room type.
    pub name: Arc<str>,
    /// Who owns it.
    pub location: Location,
    /// Rises with each owner.
    pub epoch: Epoch,
    /// Seats taken, reserved or held for a lost connection.
    pub clients: u32,
    /// Seats there are.
    pub clients_max: u32,
    /// Closed to new clients, by the room or because it is full.
    pub locked: bool,
    /// Found by its id only: neither listed nor led to.
    pub private: bool,
    /// What the room tells of itself, public.
    pub metadata: Value,
    /// The creation options that a request must share to be led here.
    pub filter: Filter,
    /// When it was created, on its node's clock.
    pub created_at: Timestamp,
    /// Where clients reach the owner directly, if that is configured.
    pub public_address: Option<Arc<str>>,
}

/// One room in the answer to `GET /rooms`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomListing {
    /// The room, as text: its number is too large for JavaScript.
    #[serde(serialize_with = "as_text")]
    pub room_id: RoomId,
    /// The name of its room type.
    #[serde(serialize_with = "as_text")]
    pub name: Arc<str>,
    /// The node, as text.
    #[serde(serialize_with = "as_text")]
    pub process_id: NodeId,
    /// The shard on that node.
    pub shard: ShardId,
    /// Seats taken, reserved or held.
    pub clients: u32,
    /// Seats there are.
    pub max_clients: u32,
    /// Closed to new clients.
    pub locked: bool,
    /// What the room tells of itself.
    pub metadata: Value,
    /// Where clients reach the node directly, if that is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
}

impl From<&RoomRecord> for RoomListing {
    fn from(record: &RoomRecord) -> Self {
        Self {
            room_id: record.room,
            name: record.name.clone(),
            process_id: record.location.node,
            shard: record.location.shard,
            clients: record.clients,
            max_clients: record.clients_max,
            locked: record.locked,
            metadata: record.metadata.clone(),
            public_address: record.public_address.as_deref().map(String::from),
        }
    }
}

fn as_text<T: Display, S: Serializer>(shown: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(shown)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An empty open room, created at the time of its id.
    pub(crate) fn record(room: u64, clients_max: u32) -> RoomRecord {
        RoomRecord {
            room: RoomId(room),
            name: "arena".into(),
            location: Location {
                node: NodeId(1),
                shard: ShardId(2),
            },
            epoch: Epoch::FIRST,
            clients: 0,
            clients_max,
            locked: false,
            private: false,
            metadata: Value::Null,
            filter: Filter::default(),
            created_at: Timestamp(room),
            public_address: None,
        }
    }

    #[test]
    fn a_listing_is_the_json_that_clients_know() {
        let mut record = record(7, 50);
        record.metadata = serde_json::json!({ "map": "dust" });
        let listing = serde_json::to_value(RoomListing::from(&record)).unwrap();
        assert_eq!(
            listing,
            serde_json::json!({
                "roomId": "0000000000007",
                "name": "arena",
                "processId": "0000000000001",
                "shard": 2,
                "clients": 0,
                "maxClients": 50,
                "locked": false,
                "metadata": { "map": "dust" },
            })
        );
    }
}
