//! What a recording says of itself.

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::{LimitError, Limits};
use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

/// The first block of a recording: what is needed besides the frozen room to replay it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The release of Downbeat that recorded.
    pub release: String,
    /// The name of the room's type.
    pub room_name: String,
    /// Which room it was.
    pub room: RoomId,
    /// Its ticks per second.
    pub tick_hz: u16,
    /// Counts the files of one room, from 1.
    pub part: u32,
    /// The clock of the node when the room was frozen.
    pub now: Timestamp,
    /// The last tick before it was frozen.
    pub tick: Tick,
    /// The limits of the node: they decide what a room does.
    pub limits: Vec<(String, u64)>,
}

impl Label {
    /// The limits of the node that recorded.
    ///
    /// # Errors
    /// [`LimitError`] if this release does not know one of them.
    pub fn limits(&self) -> Result<Limits, LimitError> {
        let mut limits = Limits::default();
        for (name, value) in &self.limits {
            limits.restore(name, *value)?;
        }
        Ok(limits)
    }

    pub(super) fn limits_of(limits: &Limits) -> Vec<(String, u64)> {
        let all = Limits::ALL.iter();
        let pairs =
            all.filter_map(|limit| Some((limit.name.to_owned(), limits.value(limit.name)?)));
        pairs.collect()
    }
}
