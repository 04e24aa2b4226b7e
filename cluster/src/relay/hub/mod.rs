//! The owner's end: beside the room, one for all its strands.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::MessageKind;
use downbeat_schemas::time::Timestamp;

use self::retired::Retired;
use self::ring::Ring;
use self::tie::Tie;
use super::bounds::{ANNOUNCE, Bounds};
use super::wire::Draft;
use super::{FrameSeq, OwnerCounters, RelayedId, StrandId};

mod hearing;
mod kept;
mod retired;
mod ring;
mod saying;
mod tie;
mod turn;

pub use self::turn::{Refusal, Turn};

/// The relayed clients of one room, at its owner.
///
/// The order of calls: [`accept`](Self::accept) for each letter and [`expire`](Self::expire) at the
/// [`deadline`](Self::deadline), both of which tell what to do to the room; [`send`](Self::send) and
/// [`close`](Self::close) while the room is flushed; then [`flush`](Self::flush), after each turn in
/// which one of these was called.
#[derive(Debug)]
pub struct Hub {
    room: RoomId,
    epoch: Epoch,
    bounds: Bounds,
    counters: OwnerCounters,
    ties: BTreeMap<Edge, Tie>,
    connections: BTreeMap<ConnectionId, Place>,
    retired: Retired,
    /// Strands that are to be told that nobody knows them.
    gone: BTreeSet<StrandId>,
    draft: Draft,
    /// The last frame that was sealed.
    sealed: FrameSeq,
    ring: Ring,
    /// Frames that are to be published, before those of this turn.
    outgoing: Vec<Bytes>,
    /// Until when the room shows itself without being asked.
    announces_until: Timestamp,
    /// When the next frame is due even if the room says nothing.
    show_at: Timestamp,
}

/// One shard of an edge: it has one strand to the room at a time.
type Edge = (NodeId, ShardId);

/// Where a connection's socket is.
#[derive(Clone, Copy, Debug)]
struct Place {
    edge: Edge,
    relayed: RelayedId,
}

impl Hub {
    /// For a room that `epoch` gives to this node.
    pub fn new(room: RoomId, epoch: Epoch, limits: &Limits) -> Self {
        let bounds = Bounds::new(limits);
        Self {
            room,
            epoch,
            bounds,
            counters: OwnerCounters::default(),
            ties: BTreeMap::new(),
            connections: BTreeMap::new(),
            retired: Retired::new(&bounds),
            gone: BTreeSet::new(),
            draft: Draft::default(),
            sealed: FrameSeq(0),
            ring: Ring::new(&bounds),
            outgoing: Vec::new(),
            announces_until: Timestamp(0),
            show_at: Timestamp::NEVER,
        }
    }

    /// Shows the room to edges of its former owner, for three seconds: they learn the new epoch
    /// from it. To be called when the room came from another node.
    pub fn announce(&mut self, now: Timestamp) {
        self.announces_until = now.after(ANNOUNCE);
        self.show_at = now;
    }

    /// Says a message to a relayed client; false if this hub has none of this id.
    pub fn send(&mut self, to: ConnectionId, parts: &[Part<'_>]) -> bool {
        let Some(Place { edge, relayed }) = self.connections.get(&to).copied() else {
            return false;
        };
        let len = parts.iter().map(|part| part.bytes().len()).sum();
        self.make_space(len);
        let seq = self.sealed.next();
        let Some(tie) = self.ties.get_mut(&edge) else {
            return false;
        };
        let start = parts.first().map_or(&[][..], Part::bytes);
        match MessageKind::peek(start) {
            MessageKind::Welcome => tie.kept.keep_message(seq, relayed, parts),
            MessageKind::Other => tie.events.note(seq),
            MessageKind::Rows(_) => {}
        }
        self.draft.send(tie.id, relayed, parts);
        true
    }

    /// Says the last word to a relayed client, whose id means nothing from here on; false if this
    /// hub has none of this id.
    pub fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str) -> bool {
        let Some(Place { edge, relayed }) = self.connections.remove(&to) else {
            return false;
        };
        self.make_space(reason.len());
        let seq = self.sealed.next();
        if let Some(tie) = self.ties.get_mut(&edge) {
            tie.clients.remove(&relayed);
            tie.kept.keep_close(seq, relayed, code.code(), reason);
            self.draft.close(tie.id, relayed, code.code(), reason);
        }
        true
    }

    /// Whether this id is a relayed client of this hub.
    pub fn has(&self, connection: ConnectionId) -> bool {
        self.connections.contains_key(&connection)
    }

    /// The relayed clients.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.connections.keys().copied()
    }

    /// The strands that it hears of.
    pub fn strands(&self) -> impl Iterator<Item = StrandId> {
        self.ties.values().map(|tie| tie.id)
    }

    /// Bytes that it keeps: frames that some edge has not heard, and what must not be lost.
    pub fn kept_bytes(&self) -> usize {
        let kept = self.ties.values().map(|tie| tie.kept.bytes());
        self.ring.bytes() + kept.sum::<usize>()
    }

    /// Who owns the room, as edges know it.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When [`flush`](Self::flush) or [`expire`](Self::expire) next has something to do, if nothing
    /// happens before.
    pub fn deadline(&self) -> Timestamp {
        let ties = self.ties.values();
        let silent_at = ties.map(|tie| tie.deadline(&self.bounds)).min();
        let silent_at = silent_at.unwrap_or(Timestamp::NEVER);
        self.deadline_of_frame().min(silent_at)
    }

    /// Gives strands up that were silent for `relay_silence_ms`.
    pub fn expire(&mut self, now: Timestamp, turns: &mut Vec<Turn>) {
        let ties = self.ties.iter();
        let due = ties.filter(|(_, tie)| now >= tie.deadline(&self.bounds));
        let due: Vec<Edge> = due.map(|(edge, _)| *edge).collect();
        for edge in due {
            let is_over = self.ties.get(&edge).is_some_and(|tie| tie.kept.is_over());
            if is_over {
                self.counters.strands_over_bytes += 1;
            } else {
                self.counters.silent_strands += 1;
            }
            self.give_up(now, edge, turns);
        }
    }

    /// Gives up the strands of a node that was declared dead, without waiting for their silence.
    pub fn lose_node(&mut self, now: Timestamp, node: NodeId, turns: &mut Vec<Turn>) {
        let edges: Vec<Edge> = self.ties.keys().copied().collect();
        for edge in edges.into_iter().filter(|(of, _)| *of == node) {
            self.give_up(now, edge, turns);
        }
    }

    /// Counts the silence of all strands from now on. To be called after a time in which this node
    /// heard nobody by no fault of theirs: it was frozen, or Redis was away.
    pub fn thaw(&mut self, now: Timestamp) {
        self.ties.values_mut().for_each(|tie| tie.last_at = now);
    }

    /// Whether every strand has heard what must not be lost. The hub of a room that has ended and
    /// closed its clients goes on until then, which is `relay_silence_ms` at most.
    pub fn is_settled(&self) -> bool {
        self.ties.values().all(Tie::is_idle)
    }

    /// The counts since they were last taken.
    pub fn take_counters(&mut self) -> OwnerCounters {
        let lost = self.ring.take_lost();
        self.counters.frames_lost += lost.too_large + lost.too_many;
        self.counters.frames_too_many += lost.too_many;
        self.counters.take()
    }

    /// Forgets a strand: its clients' connections are lost.
    fn give_up(&mut self, now: Timestamp, edge: Edge, turns: &mut Vec<Turn>) {
        let Some(tie) = self.ties.remove(&edge) else {
            return;
        };
        for client in tie.clients.into_values() {
            self.connections.remove(&client.connection);
            turns.push(Turn::Lost {
                connection: client.connection,
                consented: false,
            });
        }
        self.retired.add(now, tie.id);
        self.gone.insert(tie.id);
        self.prune();
    }
}
