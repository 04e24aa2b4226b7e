//! Words between nodes: questions with answers, what edges and owners say to each other, and the frames
//! that an owner says to all edges of a room.
//!
//! | file | what |
//! |---|---|
//! | `letter` | a letter as bytes |
//! | `pending` | questions that wait for their answers |
//! | `seen` | questions that came before |
//!
//! A letter may be lost or come twice. Questions are answered once or not at all: whoever asks bounds
//! its wait. What may not be lost is numbered and sent again by [`relay`](crate::relay).

pub mod letter;
pub(crate) mod pending;
pub(crate) mod seen;

use std::fmt;

use bytes::Bytes;
use downbeat_schemas::id::{NodeId, RoomId, ShardId};
use futures_channel::oneshot;

use crate::driver::{Order, Orders};
use crate::{Location, Pending};

/// The way to other nodes, for any thread. No call blocks.
#[derive(Clone, Debug)]
pub struct Post {
    orders: Orders,
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No node listens under this id: it ended, or has lost touch with Redis.
    #[error("the node does not listen: it has ended, or has lost touch with Redis")]
    NobodyThere,
    /// The shard there could not answer.
    #[error("the shard of that node is ending, or too much waits for it")]
    NoAnswer,
    /// Too much waits for the thread that talks to Redis.
    #[error("too much waits to be sent to other nodes")]
    Crowded,
    /// This node has lost touch with Redis, or is ending.
    #[error("Redis cannot be reached")]
    Unreachable,
}

/// Who takes what comes from other nodes; called on the thread that talks to Redis, so it must only put
/// things into queues.
pub trait Mailroom: fmt::Debug + Send + Sync {
    /// A question of another node's shard.
    fn question(&self, shard: ShardId, question: Bytes, answer: Answer);

    /// What an edge or an owner says to a shard.
    fn relay(&self, shard: ShardId, letter: Bytes);

    /// A frame of a room that the shard listens to.
    fn frame(&self, shard: ShardId, room: RoomId, frame: Bytes);

    /// A node was declared dead: what it owned is gone from it.
    fn lost_node(&self, node: NodeId);

    /// A room is another node's: it is to be dropped without a word of its own.
    fn lost_room(&self, room: RoomId);

    /// The right to tick came back: shards are to go on.
    fn thawed(&self);

    /// This node was declared dead while it was out of touch: its rooms are others' or gone. All of
    /// them are to be dropped at once, without a word of theirs. The [`Fence`](crate::Fence) says so
    /// too: this only wakes who sleeps.
    fn moved(&self);
}

/// Where the answer to a question of another node goes. Dropped, it says that there is none.
#[derive(Debug)]
pub struct Answer {
    orders: Orders,
    to: NodeId,
    number: u64,
    given: bool,
}

impl Post {
    pub(crate) const fn new(orders: Orders) -> Self {
        Self { orders }
    }

    /// Asks a shard of another node. To give up, drop the future.
    ///
    /// # Errors
    /// [`AskError`] if there is no answer to be had. That none comes is for the caller to bound.
    pub fn ask(&self, to: Location, question: Bytes) -> Pending<Result<Bytes, AskError>> {
        let (asker, answer) = oneshot::channel();
        let asked = self.orders.give(Order::Ask {
            to,
            question,
            asker,
        });
        Box::pin(async move {
            asked.map_err(|_| AskError::Crowded)?;
            answer.await.unwrap_or(Err(AskError::Unreachable))
        })
    }

    /// Says something about the relayed clients of a room, which this node [listens](Self::listen)
    /// to, to a shard of its owner. It may be lost.
    pub fn relay(&self, to: Location, room: RoomId, letter: Bytes) {
        // Bounded: what is lost here is sent again like what is lost on the way.
        let _ = self.orders.give(Order::Relay { to, room, letter });
    }

    /// Says something to all shards that listen to a room, on any node. It may be lost.
    pub fn publish(&self, room: RoomId, frame: Bytes) {
        let _ = self.orders.give(Order::Publish { room, frame });
    }

    /// The frames of a room come to this shard from soon on.
    pub fn listen(&self, room: RoomId, shard: ShardId) {
        let _ = self.orders.give(Order::Listen { room, shard });
    }

    /// They come no more.
    pub fn stop_listening(&self, room: RoomId, shard: ShardId) {
        let _ = self.orders.give(Order::StopListening { room, shard });
    }
}

impl Answer {
    pub(crate) const fn new(orders: Orders, to: NodeId, number: u64) -> Self {
        Self {
            orders,
            to,
            number,
            given: false,
        }
    }

    /// Gives the answer.
    pub fn give(mut self, answer: Bytes) {
        self.given = true;
        self.send(Some(answer));
    }

    fn send(&self, body: Option<Bytes>) {
        // Lost like a letter on the way: whoever asked bounds its wait.
        let _ = self.orders.give(Order::Answer {
            to: self.to,
            number: self.number,
            body,
        });
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.given {
            self.send(None);
        }
    }
}
