//! The edge's end: one per shard and room.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{Epoch, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

use self::client::Client;
use self::order::Order;
use self::pace::Pace;
use self::queue::Queue;
use super::bounds::{ASK_AGAIN, Bounds, RESEND_FIRST, RESEND_MAX};
use super::wire::Entry;
use super::{EdgeCounters, FrameSeq, Gate, RelayedId, Standing, StrandId};

mod client;
mod hearing;
mod order;
mod pace;
mod queue;
mod telling;

/// The sockets of one edge shard whose clients play in one room, and their way to its owner.
///
/// The order of calls: whatever the sockets bring, and [`accept`](Self::accept) for each frame on
/// the room's channel; then [`up`](Self::up) until it has nothing more, at the end of each such turn
/// and at the [`deadline`](Self::deadline).
#[derive(Debug)]
pub struct Strand {
    id: StrandId,
    room: RoomId,
    epoch: Epoch,
    bounds: Bounds,
    counters: EdgeCounters,
    clients: BTreeMap<RelayedId, Client>,
    last_relayed: RelayedId,
    queue: Queue,
    order: Order,
    /// When unacknowledged entries are sent again.
    resend: Pace,
    /// When missing frames are asked for.
    ask: Pace,
    /// The last time that a missing letter was noticed by the owner and sent again.
    went_back_at: Timestamp,
    last_letter_at: Timestamp,
    /// The last frame that the owner was told was heard.
    heard_told: FrameSeq,
    owner_heard_at: Timestamp,
    /// When the registry is to be asked for the owner.
    lost_at: Timestamp,
    is_forgotten: bool,
}

/// Where the words of a room's owner go: the outboxes of the edge's shard.
pub trait Audience {
    /// One message, the concatenation of `parts`. Called in the order in which a client is to read.
    fn send(&mut self, to: RelayedId, parts: &[Part<'_>]);

    /// The last word to a client: its room has forgotten it, and the strand has too.
    fn close(&mut self, to: RelayedId, code: CloseCode, reason: &str);
}

/// What became of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Queued {
    /// It will reach the owner.
    Yes,
    /// It will, and so much waits for the owner that no socket of the strand's clients is to be read
    /// before [`Strand::is_full`] is false.
    AndFull,
    /// It was dropped: twice as much waits as may. To be closed with 1011.
    Refused,
}

/// What a frame said to the strand itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum News {
    /// Nothing out of the ordinary.
    Nothing,
    /// Another node owns the room now, with this epoch: letters go to its inbox from here on. The
    /// clients have been connected to it.
    Owner(Epoch),
    /// The owner has given the strand up, or never took it: its clients' connections are lost. Their
    /// sockets are to be closed, and the strand dropped; a new one may be opened.
    Forgotten,
}

impl Strand {
    /// Opens a strand to the owner that the registry names.
    pub fn new(id: StrandId, room: RoomId, epoch: Epoch, now: Timestamp, limits: &Limits) -> Self {
        let bounds = Bounds::new(limits);
        Self {
            id,
            room,
            epoch,
            bounds,
            counters: EdgeCounters::default(),
            clients: BTreeMap::new(),
            last_relayed: RelayedId(0),
            queue: Queue::default(),
            order: Order::new(bounds.reorder_bytes),
            resend: Pace::new(RESEND_FIRST, RESEND_MAX),
            ask: Pace::new(ASK_AGAIN, RESEND_MAX),
            went_back_at: Timestamp(0),
            last_letter_at: now,
            heard_told: FrameSeq(0),
            owner_heard_at: now,
            lost_at: now.after(bounds.owner_silence),
            is_forgotten: false,
        }
    }

    /// Its name.
    pub const fn id(&self) -> StrandId {
        self.id
    }

    /// The room that it leads to.
    pub const fn room(&self) -> RoomId {
        self.room
    }

    /// The owner that it speaks to.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Connects a client whose WebSocket is open, under a new name. None if twice as much waits for the
    /// owner as may: to be closed with 1011.
    pub fn connect(
        &mut self,
        session: SessionId,
        token: Option<ReconnectionToken>,
        peer: SocketAddr,
    ) -> Option<RelayedId> {
        if self.is_overfull() {
            self.counters.connects_refused += 1;
            return None;
        }
        let relayed = self.last_relayed.next();
        self.last_relayed = relayed;
        let client = Client {
            session,
            token,
            peer,
            standing: Standing::New,
            is_welcomed: false,
            gate: Gate::Open,
        };
        self.queue.push(&client.entry(relayed));
        self.clients.insert(relayed, client);
        Some(relayed)
    }

    /// Relays a message of a client, a `ClientMessage` if it keeps to the wire. Nothing happens for
    /// one that the room has closed.
    pub fn message(&mut self, relayed: RelayedId, bytes: &[u8]) -> Queued {
        if self.is_overfull() {
            self.counters.messages_refused += 1;
            return Queued::Refused;
        }
        let was_full = self.is_full();
        if self.clients.contains_key(&relayed) {
            self.queue.push_message(relayed, bytes);
        }
        if self.is_full() {
            self.counters.fulls += u64::from(!was_full);
            Queued::AndFull
        } else {
            Queued::Yes
        }
    }

    /// The client's socket is gone. `consented`: the client closed it on purpose.
    pub fn lost(&mut self, relayed: RelayedId, consented: bool) {
        if self.clients.remove(&relayed).is_some() {
            self.queue.push(&Entry::Lost { relayed, consented });
        }
    }

    /// The client reads too slowly: it gets no rows until [`resync`](Self::resync).
    pub fn pause(&mut self, relayed: RelayedId) {
        if let Some(client) = self.clients.get_mut(&relayed) {
            client.gate.pause();
            self.queue.push(&Entry::Pause { relayed });
        }
    }

    /// The client has caught up: the next it gets of rows is a snapshot.
    pub fn resync(&mut self, relayed: RelayedId) {
        if let Some(client) = self.clients.get_mut(&relayed) {
            client.gate.resync();
            self.queue.push(&Entry::Resync { relayed });
        }
    }

    /// Whether so much waits for the owner that its clients' sockets are not to be read.
    pub fn is_full(&self) -> bool {
        self.queue.bytes() >= self.bounds.up_bytes
    }

    fn is_overfull(&self) -> bool {
        self.queue.bytes() >= 2 * self.bounds.up_bytes
    }

    /// Whether it has neither clients nor anything to tell the owner: it may be dropped.
    pub fn is_idle(&self) -> bool {
        let has_told = self.queue.is_empty() && self.heard_told == self.order.heard();
        self.clients.is_empty() && has_told
    }

    /// Whether the owner was silent for `relay_owner_silence_ms`, and the registry is to be asked who
    /// owns the room; its answer goes to [`owner_is`](Self::owner_is). True once per such time, for as
    /// long as it lasts.
    pub fn is_lost(&mut self, now: Timestamp) -> bool {
        let is_lost = now >= self.lost_at;
        if is_lost {
            self.lost_at = now.after(self.bounds.owner_silence);
        }
        is_lost
    }

    /// When the owner was last heard: whoever has waited too long closes the sockets.
    pub const fn owner_heard_at(&self) -> Timestamp {
        self.owner_heard_at
    }

    /// Its clients, also when it is forgotten.
    pub fn clients(&self) -> impl Iterator<Item = RelayedId> {
        self.clients.keys().copied()
    }

    /// Bytes that wait: for the owner's acknowledgement, and for frames that are missing.
    pub fn waiting_bytes(&self) -> usize {
        self.queue.bytes() + self.order.waiting_bytes()
    }

    /// The counts since they were last taken.
    pub fn take_counters(&mut self) -> EdgeCounters {
        self.counters.take()
    }
}
