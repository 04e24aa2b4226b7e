//! How a room is recorded, and what comes of it.

use std::sync::Arc;

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::{Tick, Timestamp};

use super::block::{Kind, put_block};
use super::ending::Ending;
use super::label::Label;
use super::tape::Tape;
use crate::host::AnyRoom;

/// How a room is recorded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The release of Downbeat that records.
    pub release: String,
    /// The name of the room's type.
    pub room_name: String,
    /// The room's ticks per second.
    pub tick_hz: u16,
    /// The limits of the node.
    pub limits: Arc<Limits>,
    /// A file ends with the entry that makes it so large, and the next one begins.
    pub bytes_max: u64,
}

impl Plan {
    /// What a recording says of itself that begins with `room` as it is now.
    pub fn label(&self, room: &dyn AnyRoom, part: u32, now: Timestamp, tick: Tick) -> Label {
        Label {
            release: self.release.clone(),
            room_name: self.room_name.clone(),
            room: room.room_id(),
            tick_hz: self.tick_hz,
            part,
            now,
            tick,
            limits: Label::limits_of(&self.limits),
        }
    }
}

/// Bytes for a file of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which file, counted from 1 for each room.
    pub part: u32,
    /// To be appended to it: whole blocks.
    pub bytes: Vec<u8>,
    /// Nothing follows.
    pub ended: bool,
    /// The number of the first of the blocks.
    first: u32,
}

impl Recorded {
    pub(super) fn take(part: u32, tape: &mut Tape, ended: bool) -> Self {
        let first = tape.taken();
        Self {
            part,
            bytes: tape.take(),
            ended,
            first,
        }
    }

    /// What is to be written instead if these bytes cannot be: the end mark that says so, some 20
    /// bytes. None if they are the first of their file, which then is not to be made at all.
    #[must_use]
    pub fn cut(&self) -> Option<Self> {
        if self.first == 0 {
            return None;
        }
        let mut bytes = Vec::new();
        put_block(&mut bytes, Kind::End, self.first, &[Ending::Cut.to_byte()]);
        Some(Self {
            bytes,
            ended: true,
            ..*self
        })
    }
}
