//! Which rooms a lobby shows.

use downbeat_cluster::{Filter, RoomRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Rooms of one type, or with certain metadata, or both. By default all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LobbyFilter {
    /// The name of the room type.
    pub name: Option<String>,
    /// Fields that the metadata must have, with their values. There may be others.
    pub metadata: Map<String, Value>,
}

impl LobbyFilter {
    pub(super) fn fits(&self, record: &RoomRecord) -> bool {
        let is_named = self.name.as_deref();
        is_named.is_none_or(|name| *name == *record.name) && self.fits_metadata(&record.metadata)
    }

    fn fits_metadata(&self, metadata: &Value) -> bool {
        if self.metadata.is_empty() {
            return true;
        }
        let fields = || self.metadata.keys().map(String::as_str);
        let wanted = Value::Object(self.metadata.clone());
        Filter::pick(fields(), &wanted) == Filter::pick(fields(), metadata)
    }
}
