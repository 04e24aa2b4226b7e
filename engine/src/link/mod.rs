//! How other threads speak to a shard: a bounded queue, a bell, and the answers.

mod answer;
mod bell;
mod question;
mod seat;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use downbeat_net::Connection;
use downbeat_net::socket::Stream;
use downbeat_schemas::id::{NodeId, ReconnectionToken, RoomId, SessionId};
use futures_channel::oneshot;

pub use answer::RecordError;
pub(crate) use answer::{Offer, Refusal};
pub(crate) use bell::Bell;
pub(crate) use question::{Question, RoomDetail, RoomTally, SeatDetail, Survey, Tally};
pub(crate) use seat::{Guest, Outcome, Reply, SeatRequest, read_outcome};

/// Commands that wait for a shard: far more than a turn takes, few enough to see a shard that hangs.
const COMMANDS_MAX: usize = 4_096;

/// What a shard is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Take over a socket that claims a seat in a room of this shard.
    Adopt(Box<Newcomer>),
    /// Find a seat for someone.
    Seat(Box<SeatRequest>, Reply),
    /// Find a seat for someone who asked another node.
    SeatLetter(Bytes, downbeat_cluster::Answer),
    /// Bring rooms what their topics brought.
    Hear,
    /// Answer the monitor.
    Answer(Question),
    /// Record a room of this shard from now on, or no more.
    Record {
        room: RoomId,
        on: bool,
        reply: oneshot::Sender<Result<(), RecordError>>,
    },
    /// Make rooms whose clients have no socket.
    #[cfg(feature = "cli")]
    Stage(
        Box<crate::shard::Staging>,
        std::sync::mpsc::Sender<Result<(), Refusal>>,
    ),
    /// A letter about relayed clients, from their edge.
    Relay(Bytes),
    /// What the owner of a room says to this shard's clients in it.
    Frame(RoomId, Bytes),
    /// A node was declared dead.
    LoseNode(NodeId),
    /// A room is another node's.
    LoseRoom(RoomId),
    /// This node is in touch with the others again.
    Thaw,
    /// The rooms of this node are no longer its own.
    Abandon,
    /// End all rooms and connections within this time.
    ShutDown(Duration),
}

/// A socket on its one move, at the WebSocket upgrade.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) stream: Stream,
    pub(crate) connection: Connection,
    pub(crate) room: RoomId,
    pub(crate) session: SessionId,
    pub(crate) token: Option<ReconnectionToken>,
}

/// A shard as other threads know it.
#[derive(Clone, Debug)]
pub(crate) struct ShardLink {
    commands: Sender<Command>,
    bell: Arc<Bell>,
}

impl ShardLink {
    /// The two ends of a shard's queue.
    pub(crate) fn new(bell: Arc<Bell>) -> (Self, Receiver<Command>) {
        let (commands, queue) = bounded(COMMANDS_MAX);
        (Self { commands, bell }, queue)
    }

    /// Hands over a command that must arrive: one of the few about a node's rights. Does not block.
    pub(crate) fn send_surely(&self, command: Command) {
        let Err(TrySendError::Full(command)) = self.commands.try_send(command) else {
            return self.bell.ring();
        };
        // The shard takes hundreds of commands in a turn: this ends soon, or the shard has ended.
        let commands = self.commands.clone();
        thread::spawn(move || commands.send(command));
    }

    /// Hands over a command.
    ///
    /// # Errors
    /// Gives it back if the shard has ended or its queue is full.
    pub(crate) fn send(&self, command: Command) -> Result<(), Command> {
        let sent = self.commands.try_send(command);
        self.bell.ring();
        sent.map_err(TrySendError::into_inner)
    }
}
