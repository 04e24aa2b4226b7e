//! What other threads want of the driver: a bounded queue and a wake-up.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use crossbeam::channel::{Receiver, Sender, bounded};
use downbeat_schemas::id::{NodeId, RoomId, ShardId};
use tokio::sync::Notify;

use crate::post::pending::Asker;
use crate::{Location, Mailroom};

/// Orders that wait for the driver. Beyond, an order is refused: a frame counts as lost on its way.
const ORDERS_MAX: usize = 65_536;

/// Something to do for the driver.
pub(crate) enum Order {
    Ask {
        to: Location,
        question: Bytes,
        asker: Asker,
    },
    Answer {
        to: NodeId,
        number: u64,
        body: Option<Bytes>,
    },
    Relay {
        to: Location,
        room: RoomId,
        letter: Bytes,
    },
    Publish {
        room: RoomId,
        frame: Bytes,
    },
    Listen {
        room: RoomId,
        shard: ShardId,
    },
    StopListening {
        room: RoomId,
        shard: ShardId,
    },
    /// Letters go there from now on.
    Open(Arc<dyn Mailroom>),
    /// The node leaves.
    Leave,
}

/// The driver's queue is full, or it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// The end of the queue that other threads hold.
#[derive(Clone)]
pub(crate) struct Orders {
    queue: Sender<Order>,
    wake: Arc<Notify>,
}

/// The driver's end.
pub(crate) struct OrderQueue {
    queue: Receiver<Order>,
    wake: Arc<Notify>,
}

impl Orders {
    /// The two ends of a queue.
    pub(crate) fn new() -> (Self, OrderQueue) {
        let (orders, queue) = bounded(ORDERS_MAX);
        let wake = Arc::new(Notify::new());
        let ends = OrderQueue {
            queue,
            wake: Arc::clone(&wake),
        };
        let orders = Self {
            queue: orders,
            wake,
        };
        (orders, ends)
    }

    /// Gives the driver something to do.
    ///
    /// # Errors
    /// [`Refused`] if it has its fill.
    pub(crate) fn give(&self, order: Order) -> Result<(), Refused> {
        self.queue.try_send(order).map_err(|_| Refused)?;
        self.wake.notify_one();
        Ok(())
    }
}

impl OrderQueue {
    /// What is there now.
    pub(crate) fn take(&self) -> Option<Order> {
        self.queue.try_recv().ok()
    }

    /// Waits until something may be there.
    pub(crate) async fn rung(&self) {
        self.wake.notified().await;
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Orders({} wait)", self.queue.len())
    }
}
