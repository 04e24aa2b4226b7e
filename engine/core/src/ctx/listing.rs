//! What matchmaking sees of the room.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Ctx;
use crate::config::RoomConfig;
use crate::room::Room;

/// The game's say in how the room is listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listing {
    pub(crate) clients_max: u32,
    pub(crate) locked: bool,
    pub(crate) private: bool,
    pub(crate) auto_dispose: bool,
    #[serde(serialize_with = "write_shared", deserialize_with = "read_shared")]
    pub(crate) metadata: Arc<Value>,
}

impl Listing {
    pub(crate) fn new(config: &RoomConfig) -> Self {
        Self {
            clients_max: config.clients_max,
            locked: false,
            private: config.private,
            auto_dispose: config.auto_dispose,
            metadata: Arc::default(),
        }
    }
}

/// Why metadata was not set. The room keeps what it had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It is too large to be published.
    #[error("the metadata has {bytes} bytes as JSON, more than metadata_bytes_max = {max}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// It has no form in JSON.
    #[error("the metadata is no JSON: {0}; use plain data with string keys")]
    NotJson(String),
}

impl<R: Room> Ctx<R> {
    /// Takes nobody in from now on. A full room does so by itself, until a seat is free.
    pub const fn lock(&mut self) {
        self.listing.locked = true;
    }

    /// Takes clients in again.
    pub const fn unlock(&mut self) {
        self.listing.locked = false;
    }

    /// Whether the room is found by its id only.
    pub const fn set_private(&mut self, private: bool) {
        self.listing.private = private;
    }

    /// How many seats there are. Nobody loses a seat: the room is full until enough have left.
    pub const fn set_clients_max(&mut self, clients_max: u32) {
        self.listing.clients_max = clients_max;
    }

    /// Whether the room ends with its last seat.
    pub const fn set_auto_dispose(&mut self, auto_dispose: bool) {
        self.listing.auto_dispose = auto_dispose;
    }

    /// What the list of rooms says about this one.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// use downbeat::{Ctx, MetadataError, Room};
    ///
    /// fn describe<R: Room>(ctx: &mut Ctx<R>) -> Result<(), MetadataError> {
    ///     ctx.set_metadata(serde_json::json!({ "map": "canyon", "round": 3 }))
    /// }
    /// ```
    ///
    /// # Errors
    /// [`MetadataError`] if it is over `metadata_bytes_max` as JSON, or has no form in JSON.
    pub fn set_metadata(&mut self, metadata: impl Serialize) -> Result<(), MetadataError> {
        let not_json = |error: serde_json::Error| MetadataError::NotJson(error.to_string());
        let metadata = serde_json::to_value(metadata).map_err(not_json)?;
        let bytes = serde_json::to_string(&metadata).map_err(not_json)?.len() as u64;
        let max = self.limits.metadata_bytes_max;
        if bytes > max {
            return Err(MetadataError::TooLarge { bytes, max });
        }
        self.listing.metadata = Arc::new(metadata);
        Ok(())
    }
}

fn write_shared<S: Serializer>(value: &Arc<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().serialize(serializer)
}

fn read_shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Value>, D::Error> {
    Value::deserialize(deserializer).map(Arc::new)
}
