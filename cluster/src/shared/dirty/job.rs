//! What to tell the store.

use std::sync::Arc;

use downbeat_schemas::id::{RoomId, ShardId};

use super::room::Room;
use crate::shared::call::{Change, Publication, Touched};
use crate::shared::owner::Title;
use crate::{TicketId, TicketPass};

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// Write the room into the index of this incarnation, then its record.
    Claim {
        room: RoomId,
        name: Arc<str>,
        shard: ShardId,
    },
    /// Write both again.
    Keep {
        room: RoomId,
        name: Arc<str>,
        shard: ShardId,
        title: Title,
    },
    /// Remove both.
    Drop {
        room: RoomId,
        name: Arc<str>,
        title: Option<Title>,
    },
    /// List rooms, or list them no more.
    Publish(Batch),
    /// Say that rooms are as they were.
    Touch(Arc<str>, Vec<Touched>),
    /// Say which names have rooms.
    Announce(Vec<Arc<str>>),
    /// End a ticket. Tried once: it ends by itself.
    Finish(TicketPass),
}

/// Changes of rooms of one name.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) name: Arc<str>,
    pub(crate) changes: Vec<Change>,
    pub(super) sent: Vec<Sent>,
}

/// What a batch says of one room.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) room: RoomId,
    /// `None` if it has ended.
    pub(super) version: Option<u64>,
    pub(super) settled: usize,
    pub(super) ticket: Option<TicketId>,
}

impl Batch {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            changes: Vec::new(),
            sent: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, id: RoomId, room: &Room, title: Title) {
        let (change, version) = match &room.record {
            Some(record) => {
                let publication = Publication {
                    record: record.clone(),
                    title,
                    version: room.version,
                    settled: room.settled.clone(),
                    ticket: room.ticket.clone(),
                };
                (Change::Set(publication), Some(room.version))
            }
            None => {
                let epoch = title.epoch;
                (Change::End { room: id, epoch }, None)
            }
        };
        self.changes.push(change);
        self.sent.push(Sent {
            room: id,
            version,
            settled: room.settled.len(),
            ticket: room.ticket.as_ref().map(|ticket| ticket.id),
        });
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = RoomId> {
        self.sent.iter().map(|sent| sent.room)
    }
}
