//! One room, as far as the store has been told of it.

use std::sync::Arc;

use downbeat_schemas::id::{RoomId, ShardId};
use downbeat_schemas::time::Timestamp;

use super::job::{Job, Sent};
use crate::shared::owner::Title;
use crate::{HoldId, RoomRecord, TicketPass};

/// What the store knows of a room's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing yet: the room may not be listed.
    Unclaimed,
    /// The room may be listed.
    Owned,
    /// It is listed no more; the record of its owner is to be dropped.
    Ended,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: Arc<str>,
    pub(super) shard: ShardId,
    pub(super) stage: Stage,
    pub(super) title: Option<Title>,
    /// `None` once it has ended.
    pub(super) record: Option<Arc<RoomRecord>>,
    /// Rises with each record.
    pub(super) version: u64,
    /// Of the record that the store has confirmed.
    pub(super) told_version: Option<u64>,
    /// Holds and a ticket that the store is to end with the next record.
    pub(super) settled: Vec<HoldId>,
    pub(super) ticket: Option<TicketPass>,
    /// When the last record was sent.
    pub(super) sent_at: Option<Timestamp>,
    /// Whether a job on its owner is under way.
    pub(super) is_busy: bool,
    /// Whether the store may have forgotten what that job has told it.
    pub(super) is_doubted: bool,
    /// Whether there ever was one: the store may know the room, answered or not.
    pub(super) is_spoken_of: bool,
    /// When the next one is due.
    pub(super) owner_at: Timestamp,
    /// Of such jobs, in a row.
    pub(super) failures: u32,
}

impl Room {
    pub(super) fn new(record: &RoomRecord) -> Self {
        Self {
            name: record.name.clone(),
            shard: record.location.shard,
            stage: Stage::Unclaimed,
            title: None,
            record: None,
            version: 0,
            told_version: None,
            settled: Vec::new(),
            ticket: None,
            sent_at: None,
            is_busy: false,
            is_doubted: false,
            is_spoken_of: false,
            owner_at: Timestamp::default(),
            failures: 0,
        }
    }

    pub(super) fn change(
        &mut self,
        record: Arc<RoomRecord>,
        settled: Vec<HoldId>,
        ticket: Option<TicketPass>,
    ) {
        self.record = Some(record);
        self.version += 1;
        self.settled.extend(settled);
        self.ticket = ticket.or_else(|| self.ticket.take());
    }

    /// Its end has been told, but it is there again.
    pub(super) fn begin_anew(&mut self) {
        self.stage = Stage::Unclaimed;
        self.title = None;
        self.told_version = None;
        self.is_busy = false;
    }

    /// What is to be told of its owner.
    pub(super) fn owner_job(&self, room: RoomId) -> Job {
        let (name, shard) = (self.name.clone(), self.shard);
        match (self.stage, self.title) {
            (Stage::Ended, title) => Job::Drop { room, name, title },
            (Stage::Unclaimed, _) | (Stage::Owned, None) => Job::Claim { room, name, shard },
            (Stage::Owned, Some(title)) => Job::Keep {
                room,
                name,
                shard,
                title,
            },
        }
    }

    /// The store has confirmed what was sent; what came since is still to be told.
    pub(super) fn was_told(&mut self, sent: &Sent) {
        self.told_version = sent.version;
        self.settled.drain(..sent.settled.min(self.settled.len()));
        if sent.ticket == self.ticket.as_ref().map(|ticket| ticket.id) {
            self.ticket = None;
        }
    }
}
