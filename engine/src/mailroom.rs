//! What comes from other nodes, on its way to the shards.

use bytes::Bytes;
use downbeat_cluster::{Answer, Mailroom};
use downbeat_schemas::id::{NodeId, RoomId, ShardId};

use crate::link::{Command, ShardLink};

/// The shards of a node as the thread that talks to Redis knows them. What a shard has no room for is
/// dropped: it counts as lost on its way.
#[derive(Debug)]
pub(crate) struct Doors(pub(crate) Vec<ShardLink>);

impl Mailroom for Doors {
    fn question(&self, shard: ShardId, question: Bytes, answer: Answer) {
        self.hand_over(shard, Command::SeatLetter(question, answer));
    }

    fn relay(&self, shard: ShardId, letter: Bytes) {
        self.hand_over(shard, Command::Relay(letter));
    }

    fn frame(&self, shard: ShardId, room: RoomId, frame: Bytes) {
        self.hand_over(shard, Command::Frame(room, frame));
    }

    fn lost_node(&self, node: NodeId) {
        self.tell_all(|| Command::LoseNode(node));
    }

    fn lost_room(&self, room: RoomId) {
        self.tell_all(|| Command::LoseRoom(room));
    }

    fn thawed(&self) {
        self.tell_all(|| Command::Thaw);
    }

    fn moved(&self) {
        self.tell_all(|| Command::Abandon);
    }
}

impl Doors {
    /// Tells all shards of their rights, however much waits for them.
    fn tell_all(&self, command: impl Fn() -> Command) {
        for link in &self.0 {
            link.send_surely(command());
        }
    }

    fn hand_over(&self, shard: ShardId, command: Command) {
        if let Some(link) = self.0.get(usize::from(shard.0)) {
            drop(link.send(command));
        }
    }
}
