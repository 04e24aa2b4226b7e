//! One core's thread with its own event loop: it owns rooms and the sockets of their clients.
//!
//! | file | what |
//! |---|---|
//! | `executor` | the pinned thread and its sleep; the only file that knows glommio |
//! | `turn` | the loop: commands, sweep, due rooms, jobs, rest |
//! | `sweep` | ready sockets: accept, read, write |
//! | `hearing` | what connections say: from received bytes to rooms and answers |
//! | `reception` | what visitors ask by HTTP, and their way to a seat |
//! | `hosting` | creating rooms, reserving seats, telling the registry |
//! | `ticking` | due rooms: step, flush, measure |
//! | `topics` | what rooms hear from topics |
//! | `monitoring` | what operators see of rooms, and do to them |
//! | `watching` | slow ticks: counted, logged, captured |
//! | `recording` | recorded rooms: their bytes on the way to the scribe |
//! | `regulars` | clients that talk in every tick are read at the tick |
//! | `puppets` | clients without a socket, for benchmarks |
//! | `outlet` | from rooms to sockets |
//! | `hubs` | rooms here whose clients play through other nodes |
//! | `edge` | clients here whose room another node owns |
//! | `chores` | once a second: timers, figures, load |
//! | `closing` | the end |
//!
//! Nothing here is shared but through [`crate::link`] and the node's registry and board.

mod chores;
mod closing;
mod edge;
mod executor;
mod hearing;
mod hosting;
mod hubs;
mod jobs;
mod monitoring;
mod outlet;
mod phase;
#[cfg(feature = "cli")]
mod puppets;
mod reception;
mod recording;
mod regulars;
mod rooms;
mod sockets;
mod sweep;
mod ticking;
mod topics;
mod turn;
mod watching;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::Receiver;
use downbeat_cluster::Pen;
use downbeat_core::host::surround;
use downbeat_net::socket::{Batch, Interest, Listener, Poller, Readiness};
use downbeat_net::{Delivery, ReadBuffer};
use downbeat_schemas::id::{ConnectionId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

pub(crate) use executor::{ShardThread, go_first};
#[cfg(feature = "cli")]
pub(crate) use puppets::Staging;
pub(crate) use turn::run;

use crate::capture::Watch;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::link::{Bell, Command};
use crate::monitor;
use crate::node::Node;
use crate::stats::ShardStats;
use crate::surroundings::open_surroundings;
use edge::Edges;
use hubs::Hubs;
use jobs::Jobs;
use rooms::Rooms;
use sockets::{BELL, LISTENER, Sockets};
use topics::Topics;

/// Bytes that one read may bring: what a socket's buffer holds of a busy client, and more.
const READ_BYTES: usize = 64 << 10;

/// The state of one shard.
#[derive(Debug)]
pub(crate) struct Shard {
    desk: Rc<Desk>,
    clock: Clock,
    limits: Arc<Limits>,
    bell: Arc<Bell>,
    queue: Receiver<Command>,
    jobs: Jobs,
    listener: Listener,
    sockets: Sockets,
    rooms: Rooms,
    hubs: Hubs,
    edges: Edges,
    topics: Topics,
    read: ReadBuffer,
    /// Scratch memory: bytes on their way to a socket.
    batch: Batch,
    /// What the poller reports; empty between sweeps.
    ready: Vec<Readiness>,
    /// Sockets that did not take all that a flush had for them; empty between flushes.
    troubled: Vec<(ConnectionId, Delivery)>,
    stats: Box<ShardStats>,
    watch: Watch,
    /// Writes down what happens here, if that is wanted.
    pen: Pen,
    /// When to look for ready sockets again, and until when to do so on a fixed grid.
    next_sweep: Timestamp,
    busy_until: Timestamp,
    next_chores: Timestamp,
    /// Time spent in rooms since the load was last told.
    tick_time: Duration,
    load_at: Timestamp,
    /// When the monitor last asked how the rooms are.
    surveyed_at: Timestamp,
    /// Of the node's lives, that of the rooms here.
    life: u64,
    /// Set once the shard is told to end.
    end_by: Option<Timestamp>,
}

/// What a shard is made from, on its way to its thread.
#[derive(Debug)]
pub(crate) struct ShardParts {
    pub(crate) id: ShardId,
    pub(crate) node: Arc<Node>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) queue: Receiver<Command>,
    pub(crate) listener: Listener,
}

impl Shard {
    /// Puts a shard together, on its own thread.
    ///
    /// # Errors
    /// If the process has no file descriptor left.
    fn new(parts: ShardParts) -> io::Result<Self> {
        let ShardParts {
            id,
            node,
            bell,
            queue,
            listener,
        } = parts;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER, Interest::READ)?;
        poller.add(bell.waker(), BELL, Interest::READ)?;
        let clock = node.clock;
        let watch = Watch::new(&node.settings.capture);
        let now = clock.now();
        let limits = Arc::new(node.settings.limits.clone());
        let life = node.fence.life();
        let pen = node.history.pen(Some(id));
        let desk = Rc::new(Desk::new(node, id));
        monitor::open_backstage(&desk);
        let (presence, link) = (desk.node.presence.clone(), desk.node.link(id).clone());
        surround(presence.clone());
        let topics = Topics::new(presence, link, limits.topic_messages_max);
        open_surroundings(&desk);
        Ok(Self {
            limits,
            desk,
            clock,
            jobs: Jobs::new(Arc::clone(&bell)),
            bell,
            queue,
            listener,
            sockets: Sockets::new(poller),
            rooms: Rooms::new(),
            hubs: Hubs::default(),
            edges: Edges::default(),
            topics,
            read: ReadBuffer::new(READ_BYTES),
            batch: Batch::default(),
            ready: Vec::new(),
            troubled: Vec::new(),
            stats: Box::default(),
            watch,
            pen,
            next_sweep: now,
            busy_until: now,
            next_chores: now,
            tick_time: Duration::ZERO,
            load_at: now,
            surveyed_at: now,
            life,
            end_by: None,
        })
    }
}
