//! What the monitor's room asks of its node.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use downbeat_core::host::Action;
use downbeat_schemas::id::{RoomId, ShardId};

use super::words::Detail;
use crate::capture::CapturedTick;
use crate::link::Tally;
use crate::stats::Sight;

/// An answer that comes later: a hook does not wait.
pub(super) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// The node as the monitor's room knows it. Its tests have one of their own.
pub(crate) trait Backstage {
    /// All there is to see, with the moments after `since`.
    fn look(&self, since: u64) -> Later<View>;
    /// One room, closely; none if it is gone.
    fn describe(&self, room: RoomId) -> Later<Option<Detail>>;
    /// Does something to a room. False if there is nothing to do it to.
    fn act(&self, room: RoomId, action: Action) -> Later<bool>;
    /// Records a room from now on, or no more; or why not.
    fn record(&self, room: RoomId, on: bool) -> Later<Result<(), String>>;
    /// The slow ticks that are captured, the newest first. None: nobody has time to look.
    fn captures(&self) -> Later<Option<Vec<CapturedTick>>>;
    /// From how long on a tick is captured, milliseconds; 0 if none is.
    fn slow_tick_ms(&self) -> u32;
}

/// The node at one moment. What did not answer in time is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(super) process: String,
    pub(super) sight: Option<Sight>,
    pub(super) rooms: Vec<RoomView>,
    /// Rooms beyond `monitor_rooms_max`.
    pub(super) rooms_left_out: u64,
}

/// A room, and how it did in the last second.
#[derive(Clone, Debug)]
pub(super) struct RoomView {
    pub(super) id: RoomId,
    pub(super) name: Arc<str>,
    pub(super) shard: ShardId,
    pub(super) clients: u32,
    pub(super) clients_max: u32,
    pub(super) locked: bool,
    pub(super) private: bool,
    /// Since the node started.
    pub(super) created: Duration,
    /// None: its shard did not answer in time.
    pub(super) did: Option<Did>,
}

/// How a room did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Did {
    pub(super) tally: Tally,
    pub(super) elapsed: Duration,
    pub(super) is_recorded: bool,
}

/// What the monitor's rooms of a shard have around them.
pub(super) type SharedBackstage = Rc<dyn Backstage>;
