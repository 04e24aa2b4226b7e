//! What the monitor asks of the shard of a room.

use std::net::SocketAddr;
use std::time::Duration;

use downbeat_core::host::{Action, Description, SeatDescription};
use downbeat_schemas::id::RoomId;
use futures_channel::oneshot;

use crate::stats::TickMeter;

/// A question with the way of its answer, which is dropped unanswered if the shard ends.
#[derive(Debug)]
pub(crate) enum Question {
    /// How are your rooms?
    Survey(oneshot::Sender<Survey>),
    /// What is in this room? None: it is not here.
    Describe(RoomId, oneshot::Sender<Option<Box<RoomDetail>>>),
    /// Do this to a room. False: there is nothing to do it to.
    Act(RoomId, Action, oneshot::Sender<bool>),
}

/// How the rooms of a shard did since the last survey.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    pub(crate) elapsed: Duration,
    pub(crate) rooms: Vec<RoomTally>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomTally {
    pub(crate) room: RoomId,
    pub(crate) is_recorded: bool,
    pub(crate) tally: Tally,
}

/// How one room did. Kept for each room at each tick: two sums and a maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// What its ticks took.
    pub(crate) spent: Duration,
    /// The longest completion lateness.
    pub(crate) worst: Duration,
    pub(crate) skipped: u64,
}

/// One room, looked at closely.
#[derive(Clone, Debug)]
pub(crate) struct RoomDetail {
    pub(crate) description: Description,
    /// Whom its seats belong to, in their order.
    pub(crate) seats: Vec<SeatDetail>,
    pub(crate) is_recorded: bool,
    /// Its ticks since somebody began to look.
    pub(crate) ticks: TickMeter<u32>,
    pub(crate) watched: Duration,
}

/// A seat, with what its shard knows of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeatDetail {
    pub(crate) seat: SeatDescription,
    pub(crate) address: Option<SocketAddr>,
    /// Bytes that its socket did not take yet.
    pub(crate) queued_bytes: u64,
}

impl Tally {
    /// Notes one tick.
    pub(crate) fn note(&mut self, lateness: Duration, took: Duration) {
        self.spent += took;
        self.worst = self.worst.max(lateness + took);
    }
}
