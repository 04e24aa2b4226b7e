//! The node's membership in a cluster, as other threads hold it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use downbeat_presence::Presence;
use downbeat_schemas::id::NodeId;
use downbeat_schemas::limits::Limits;

use super::about::About;
use super::clock::DriverClock;
use super::lives::Lives;
use super::orders::{Order, Orders};
use super::status::ClusterStatus;
use super::thread;
use crate::queue::{Queues, SharedQueues};
use crate::redis::StartError;
use crate::{Fence, Mailroom, Post, RedisSettings, Registry, presence};

/// What a node joins a cluster with.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// Where Redis is.
    pub redis: RedisSettings,
    /// This process.
    pub node: NodeId,
    /// What it tells other nodes of itself.
    pub about: About,
    /// Its limits.
    pub limits: Limits,
    /// The clock of its shards.
    pub clock: DriverClock,
    /// How long a lease lasts where one Redis has all of it; None is 4.5 s. With Redis Cluster it is
    /// 600 ms, whatever stands here.
    pub lease: Option<Duration>,
}

/// Why a node cannot join.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Redis is not to be had, or not fit.
    #[error(transparent)]
    Redis(#[from] StartError),
    /// The right to tick was not granted.
    #[error(
        "Redis answers, but the lease of this node was not granted within {waited:?}: {why}; see \
         `downbeat cluster status`"
    )]
    NoLease {
        /// How long that was.
        waited: Duration,
        /// What is known of the reason.
        why: String,
    },
    /// There is no thread to be had.
    #[error("no thread to talk to Redis on: {0}")]
    Thread(#[from] io::Error),
}

/// A node's membership in a cluster. Dropped, it goes on; [`Self::leave`] ends it.
#[derive(Debug)]
pub struct Cluster {
    orders: Orders,
    registry: Arc<Lives>,
    fence: Fence,
    presence: Presence,
    queues: Arc<SharedQueues>,
    status: StatusCell,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The latest status, written by the driver about ten times a second.
pub(super) type StatusCell = Arc<Mutex<Arc<ClusterStatus>>>;

/// What a begun driver gives back.
pub(super) struct Begun {
    pub(super) registry: Arc<Lives>,
}

impl Cluster {
    /// Connects to Redis and takes the node's lease; returns when it is held.
    ///
    /// # Errors
    /// [`ClusterError`] says what to change.
    pub fn join(settings: ClusterSettings) -> Result<Self, ClusterError> {
        let (orders, queue) = Orders::new();
        let (queues, requests) = SharedQueues::new(&settings.limits);
        let (presence, work) = presence::shared(&settings.limits, settings.redis.prefix());
        let fence = Fence::shut();
        let status = StatusCell::default();
        let (tell, hear) = mpsc::channel();
        let ends = thread::Ends {
            orders: orders.clone(),
            queue,
            presence: work,
            queues: requests,
            fence: fence.clone(),
            status: Arc::clone(&status),
        };
        let thread = std::thread::Builder::new()
            .name("cluster".to_owned())
            .spawn(move || thread::run(settings, ends, &tell))?;
        let begun = hear.recv();
        let ended = || io::Error::other("its thread ended at once");
        let begun = begun.map_err(|_| ClusterError::Thread(ended()))?;
        let Begun { registry } = begun?;
        Ok(Self {
            orders,
            registry,
            fence,
            presence,
            queues: Arc::new(queues),
            status,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Lets letters in: they go there.
    pub fn open(&self, mailroom: Arc<dyn Mailroom>) {
        // The queue is empty this early.
        let _ = self.orders.give(Order::Open(mailroom));
    }

    /// The registry of all nodes.
    pub fn registry(&self) -> Arc<dyn Registry> {
        self.registry.clone()
    }

    /// Where those wait who want a match.
    pub fn queues(&self) -> Arc<dyn Queues> {
        self.queues.clone()
    }

    /// What rooms and programs of all nodes tell each other.
    pub fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// The way to other nodes.
    pub fn post(&self) -> Post {
        Post::new(self.orders.clone())
    }

    /// Until when this node may tick.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// What is known of the cluster: at most some 100 ms old.
    pub fn status(&self) -> Arc<ClusterStatus> {
        let status = self.status.lock();
        status.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the registry what is still to be told, gives the lease back and ends the thread. To be
    /// called when the rooms have ended.
    pub fn leave(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if self.orders.give(Order::Leave).is_err() {
            tracing::error!("the thread that talks to Redis does not take orders any more");
        }
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that talks to Redis ended badly");
        }
    }
}
