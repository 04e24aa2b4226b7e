//! Clients here whose room another node owns: the edge's side.
//!
//! This shard has their sockets and keeps to WebSocket, its limits and its timers; what they say goes
//! on to the owner, batched once per turn, and what the owner says comes as frames of the room.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use downbeat_cluster::relay::{Audience, News, Queued, RelayedId, Strand, StrandId};
use downbeat_cluster::{LocateError, Located, Location, RoomRecord};
use downbeat_core::host::Outlet;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, NodeId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::jobs::JobResult;
use super::outlet::SocketOutlet;
use super::sockets::Role;

/// An owner that was silent for so long, and of whom the registry knows nothing, is gone: longer than
/// a Redis Cluster takes for a failover.
const SILENCE_MAX: Duration = Duration::from_secs(6);

/// A client's place in a room of another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    room: RoomId,
    relayed: RelayedId,
}

/// The rooms of other nodes that clients of this shard play in.
#[derive(Debug, Default)]
pub(super) struct Edges {
    rooms: BTreeMap<RoomId, Edge>,
    due: BTreeSet<(Timestamp, RoomId)>,
    /// Rooms whose clients have said something in this turn.
    spoken: Vec<RoomId>,
    strands: u32,
}

#[derive(Debug)]
struct Edge {
    strand: Strand,
    owner: Location,
    sockets: BTreeMap<RelayedId, ConnectionId>,
    /// Somebody asks the registry whose the room is.
    is_asking: bool,
    has_spoken: bool,
    /// The time in the queue of edges that are due.
    queued: Timestamp,
}

impl Edges {
    pub(super) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// When the first strand has something to say by itself.
    pub(super) fn next_due(&self) -> Timestamp {
        self.due.first().map_or(Timestamp::NEVER, |first| first.0)
    }

    /// Whether a client's socket is to be read: not while too much waits for its room's owner.
    pub(super) fn may_hear(&self, place: Place) -> bool {
        let edge = self.rooms.get(&place.room);
        edge.is_none_or(|edge| !edge.strand.is_full())
    }

    /// Takes a message of a client on to its room's owner.
    pub(super) fn message(&mut self, place: Place, bytes: &[u8]) -> Queued {
        let Some(edge) = self.rooms.get_mut(&place.room) else {
            return Queued::Yes;
        };
        let queued = edge.strand.message(place.relayed, bytes);
        Self::speaks(&mut self.spoken, edge);
        queued
    }

    /// Notes that a strand has something to say at the end of this turn.
    fn speaks(spoken: &mut Vec<RoomId>, edge: &mut Edge) {
        if !std::mem::replace(&mut edge.has_spoken, true) {
            spoken.push(edge.strand.room());
        }
    }

    fn queue(&mut self, room: RoomId) {
        let Some(edge) = self.rooms.get_mut(&room) else {
            return;
        };
        let deadline = edge.strand.deadline();
        if deadline != edge.queued {
            self.due.remove(&(edge.queued, room));
            edge.queued = deadline;
            if deadline != Timestamp::NEVER {
                self.due.insert((deadline, room));
            }
        }
    }

    fn remove(&mut self, room: RoomId) -> Option<Edge> {
        let edge = self.rooms.remove(&room)?;
        self.due.remove(&(edge.queued, room));
        Some(edge)
    }
}

impl Shard {
    /// Lets an open WebSocket play in a room of another node.
    pub(super) fn relay(
        &mut self,
        id: ConnectionId,
        record: &RoomRecord,
        session: SessionId,
        token: Option<ReconnectionToken>,
        now: Timestamp,
    ) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        let Some(post) = &self.desk.node.post else {
            return;
        };
        let peer = socket.connection.peer();
        let edges = &mut self.edges;
        let edge = edges.rooms.entry(record.room).or_insert_with(|| {
            edges.strands += 1;
            let strand = StrandId {
                node: self.desk.node.id,
                shard: self.desk.shard,
                serial: edges.strands,
            };
            post.listen(record.room, self.desk.shard);
            Edge {
                strand: Strand::new(strand, record.room, record.epoch, now, &self.limits),
                owner: record.location,
                sockets: BTreeMap::new(),
                is_asking: false,
                has_spoken: false,
                queued: Timestamp::NEVER,
            }
        });
        let Some(relayed) = edge.strand.connect(session, token, peer) else {
            let reason = "the room's node does not hear this one";
            return self.part(id, CloseCode::InternalError, reason, now);
        };
        edge.sockets.insert(relayed, id);
        Edges::speaks(&mut edges.spoken, edge);
        let room = record.room;
        socket.role = Role::Relayed(Place { room, relayed });
        self.stay_busy(now);
    }

    /// The client's connection is gone.
    pub(super) fn relay_lost(&mut self, place: Place, consented: bool) {
        self.tell_strand(place, |edge| {
            edge.sockets.remove(&place.relayed);
            edge.strand.lost(place.relayed, consented);
        });
    }

    /// The client reads too slowly.
    pub(super) fn relay_pause(&mut self, place: Place) {
        self.tell_strand(place, |edge| edge.strand.pause(place.relayed));
    }

    /// The client has caught up.
    pub(super) fn relay_resync(&mut self, place: Place) {
        self.tell_strand(place, |edge| edge.strand.resync(place.relayed));
    }

    fn tell_strand(&mut self, place: Place, tell: impl FnOnce(&mut Edge)) {
        if let Some(edge) = self.edges.rooms.get_mut(&place.room) {
            tell(edge);
            Edges::speaks(&mut self.edges.spoken, edge);
        }
    }

    /// Hands a frame of a room out to its clients here.
    pub(super) fn hear_owner(&mut self, room: RoomId, frame: &Bytes, now: Timestamp) {
        let Some(edge) = self.edges.rooms.get_mut(&room) else {
            return;
        };
        let mut troubled = std::mem::take(&mut self.troubled);
        let mut audience = EdgeOutlet {
            sockets: &mut edge.sockets,
            outlet: SocketOutlet {
                sockets: &mut self.sockets,
                relayed: None,
                presence: &self.desk.node.presence,
                stats: &mut self.stats,
                batch: &mut self.batch,
                limits: &self.limits,
                now,
                troubled: &mut troubled,
            },
        };
        let news = edge.strand.accept(now, frame, &mut audience);
        for (id, delivery) in troubled.drain(..) {
            self.tend(id, delivery, now);
        }
        self.troubled = troubled;
        match news {
            Ok(News::Nothing) => {}
            Ok(News::Owner(_)) => self.ask_for_owner(room),
            Ok(News::Forgotten) => {
                let reason = "the room's node has lost the connection to this one";
                return self.give_up_edge(room, CloseCode::Moved, reason, now);
            }
            Err(error) => {
                self.stats.relay.malformed += 1;
                tracing::warn!(%room, "the owner of a room sends what is no frame: {error}");
            }
        }
        self.send_letters(room, now);
    }

    /// Sends what clients of rooms of other nodes have said in this turn.
    pub(super) fn send_spoken(&mut self, now: Timestamp) {
        for room in std::mem::take(&mut self.edges.spoken) {
            if let Some(edge) = self.edges.rooms.get_mut(&room) {
                edge.has_spoken = false;
            }
            self.send_letters(room, now);
        }
    }

    /// Serves the strands that have something to say by themselves.
    pub(super) fn serve_due_edges(&mut self, now: Timestamp) {
        while let Some(&(due, room)) = self.edges.due.first()
            && due <= now
        {
            self.edges.due.pop_first();
            if let Some(edge) = self.edges.rooms.get_mut(&room) {
                edge.queued = Timestamp::NEVER;
                if edge.strand.is_lost(now) {
                    self.stats.limit_hit("relay_owner_silence_ms");
                    self.ask_for_owner(room);
                }
            }
            self.send_letters(room, now);
        }
    }

    fn send_letters(&mut self, room: RoomId, now: Timestamp) {
        let Some(post) = &self.desk.node.post else {
            return;
        };
        let Some(edge) = self.edges.rooms.get_mut(&room) else {
            return;
        };
        while let Some(letter) = edge.strand.up(now) {
            post.relay(edge.owner, room, letter);
        }
        self.stats.relay.edge.add(edge.strand.take_counters());
        if edge.strand.is_idle() {
            post.stop_listening(room, self.desk.shard);
            self.edges.remove(room);
        } else {
            self.edges.queue(room);
        }
    }

    /// Asks the registry whose a room is whose owner is silent, or another one.
    fn ask_for_owner(&mut self, room: RoomId) {
        let Some(edge) = self.edges.rooms.get_mut(&room) else {
            return;
        };
        if std::mem::replace(&mut edge.is_asking, true) {
            return;
        }
        let found = self.desk.node.registry.locate(room);
        let job = async move { JobResult::Owner(room, found.await) };
        self.jobs.spawn(job);
    }

    /// The registry's answer.
    pub(super) fn take_owner(&mut self, room: RoomId, found: Located, now: Timestamp) {
        let Some(edge) = self.edges.rooms.get_mut(&room) else {
            return;
        };
        edge.is_asking = false;
        match found {
            Ok(Some(record)) => {
                edge.owner = record.location;
                let _ = edge.strand.owner_is(record.epoch);
                self.send_letters(room, now);
            }
            // The owner writes the record of a room that goes on again; it will be asked for again.
            Ok(None) if now.since(edge.strand.owner_heard_at()) < SILENCE_MAX => {}
            Err(LocateError) => {}
            Ok(None) => self.give_up_edge(room, CloseCode::Moved, "the room's node is silent", now),
        }
    }

    /// A node was declared dead: its rooms are gone from it, and its clients from rooms here.
    pub(super) fn lose_node(&mut self, node: NodeId, now: Timestamp) {
        let edges = self.edges.rooms.iter();
        let lost = edges.filter(|(_, edge)| edge.owner.node == node);
        let lost: Vec<RoomId> = lost.map(|(room, _)| *room).collect();
        for room in lost {
            self.give_up_edge(room, CloseCode::Moved, "the room's node was lost", now);
        }
        self.lose_edge(node, now);
    }

    /// Closes the connections of all clients of a room of another node.
    fn give_up_edge(&mut self, room: RoomId, code: CloseCode, reason: &str, now: Timestamp) {
        let Some(edge) = self.edges.remove(room) else {
            return;
        };
        if let Some(post) = &self.desk.node.post {
            post.stop_listening(room, self.desk.shard);
        }
        for id in edge.sockets.into_values() {
            self.part(id, code, reason, now);
            self.settle(id, now);
        }
    }

    /// Clients here whose room another node owns.
    pub(super) fn count_edges(&mut self) {
        let edges = self.edges.rooms.values();
        self.stats.now.edge_clients = edges.map(|edge| edge.sockets.len() as u64).sum();
        self.stats.now.edge_rooms = self.edges.rooms.len() as u64;
    }
}

/// The sockets of one strand's clients.
struct EdgeOutlet<'a> {
    sockets: &'a mut BTreeMap<RelayedId, ConnectionId>,
    outlet: SocketOutlet<'a>,
}

impl Audience for EdgeOutlet<'_> {
    fn send(&mut self, to: RelayedId, parts: &[Part<'_>]) {
        if let Some(id) = self.sockets.get(&to) {
            self.outlet.send(*id, parts);
        }
    }

    fn close(&mut self, to: RelayedId, code: CloseCode, reason: &str) {
        if let Some(id) = self.sockets.remove(&to) {
            self.outlet.close(id, code, reason);
        }
    }
}
