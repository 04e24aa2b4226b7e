//! A room's record as text: what `find`, `locate` and `list` of other nodes see.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Filter, Location, RoomRecord};

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordTextError {
    #[error("a room's record is not the JSON that nodes of this version write: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`{0}` is no id")]
    Id(String),
    #[error("`{0}` is no filter: expected a JSON object")]
    Filter(String),
}

/// Unknown fields are left out: a later version may write more.
#[derive(Serialize, Deserialize)]
struct RecordText<'a> {
    room: Cow<'a, str>,
    name: Cow<'a, str>,
    node: Cow<'a, str>,
    shard: u16,
    epoch: u64,
    clients: u32,
    max: u32,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    metadata: Cow<'a, Value>,
    filter: Cow<'a, str>,
    born_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Cow<'a, str>>,
}

/// Writes a record. Its time of creation is told by the store's clock, which all nodes share.
pub(crate) fn write(record: &RoomRecord, born_ms: u64) -> Vec<u8> {
    let text = RecordText {
        room: record.room.to_string().into(),
        name: Cow::Borrowed(&record.name),
        node: record.location.node.to_string().into(),
        shard: record.location.shard.0,
        epoch: record.epoch.0,
        clients: record.clients,
        max: record.clients_max,
        locked: record.locked,
        private: record.private,
        metadata: Cow::Borrowed(&record.metadata),
        filter: Cow::Borrowed(record.filter.as_str()),
        born_ms,
        address: record.public_address.as_deref().map(Cow::Borrowed),
    };
    serde_json::to_vec(&text).expect("texts and numbers are JSON")
}

/// Reads a record; its `created_at` counts from the zero of the store's clock.
pub(crate) fn read(text: &[u8]) -> Result<RoomRecord, RecordTextError> {
    let text: RecordText<'_> = serde_json::from_slice(text)?;
    let no_id = |text: &str| RecordTextError::Id(text.chars().take(32).collect());
    let room: RoomId = text.room.parse().map_err(|_| no_id(&text.room))?;
    let node: NodeId = text.node.parse().map_err(|_| no_id(&text.node))?;
    let filter = Filter::from_text(&text.filter);
    let shard = ShardId(text.shard);
    Ok(RoomRecord {
        room,
        name: text.name.into(),
        location: Location { node, shard },
        epoch: Epoch(text.epoch),
        clients: text.clients,
        clients_max: text.max,
        locked: text.locked,
        private: text.private,
        metadata: text.metadata.into_owned(),
        filter: filter.ok_or_else(|| RecordTextError::Filter(text.filter.into_owned()))?,
        created_at: Timestamp::default().after(Duration::from_millis(text.born_ms)),
        public_address: text.address.map(Arc::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use serde_json::json;

    #[test]
    fn records_survive_their_text() {
        let mut full = record(7, 50);
        full.clients = 3;
        full.locked = true;
        full.metadata = json!({ "map": "dust", "skill": [1, 2.5, null] });
        full.filter = Filter::pick(["mode"], &json!({ "mode": "duo \"}" }));
        full.public_address = Some("wss://a.example".into());
        for mut record in [record(1, 2), full] {
            let read = read(&write(&record, 1_234)).unwrap();
            record.created_at = Timestamp(1_234_000_000);
            assert_eq!(read, record);
        }
    }

    #[test]
    fn what_is_no_record_is_refused_with_the_reason() {
        let text = String::from_utf8(write(&record(1, 2), 0)).unwrap();
        let check = |from: &str, to: &str| {
            assert!(text.contains(from));
            let error = read(text.replace(from, to).as_bytes()).unwrap_err();
            error.to_string()
        };
        assert!(check("0000000000001", "one").contains("`one` is no id"));
        assert!(check("\"{}\"", "\"[]\"").contains("`[]` is no filter"));
        assert!(check("\"max\":2", "\"max\":-2").contains("not the JSON"));
        assert!(read(b"\xff").is_err());
    }
}
