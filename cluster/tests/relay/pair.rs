//! One hub and one strand, step by step.

use std::time::Duration;

use bytes::Bytes;
use downbeat_cluster::relay::{
    Audience, Hub, News, Refusal, RelayedId, Strand, StrandId, Turn, Up,
};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, Epoch, NodeId, RoomId, SessionId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::RowsKind;
use downbeat_schemas::time::Timestamp;

use super::words::{Said, What, head, rows};

/// One hub and one strand, and what the strand's clients hear.
pub(crate) struct Pair {
    pub(crate) now: Timestamp,
    pub(crate) hub: Hub,
    pub(crate) strand: Strand,
    pub(crate) heard: Heard,
    pub(crate) turns: Vec<Turn>,
    pub(crate) last_id: u64,
}

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) said: Vec<(RelayedId, What)>,
    pub(crate) closed: Vec<(RelayedId, CloseCode)>,
}

impl Audience for Heard {
    fn send(&mut self, to: RelayedId, parts: &[Part<'_>]) {
        let message: Vec<u8> = parts.iter().flat_map(Part::bytes).copied().collect();
        self.said.push((to, Said::read(&message).unwrap().what));
    }

    fn close(&mut self, to: RelayedId, code: CloseCode, _: &str) {
        self.closed.push((to, code));
    }
}

pub(crate) fn strand_id(serial: u32) -> StrandId {
    StrandId {
        node: NodeId(5),
        shard: ShardId(1),
        serial,
    }
}

pub(crate) fn limits() -> Limits {
    Limits {
        relay_bytes_max: 4_096,
        relay_ring_frames_max: 16,
        ..Limits::default()
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        let now = Timestamp(1_000_000_000);
        Self {
            now,
            hub: Hub::new(RoomId(1), Epoch(1), &limits()),
            strand: Strand::new(strand_id(1), RoomId(1), Epoch(1), now, &limits()),
            heard: Heard::default(),
            turns: Vec::new(),
            last_id: 0,
        }
    }

    /// With one client, whose connection is 1 to the room.
    pub(crate) fn connected() -> (Self, RelayedId, ConnectionId) {
        let mut pair = Self::new();
        let relayed = pair.connect();
        pair.exchange();
        (pair, relayed, ConnectionId(1))
    }

    pub(crate) fn connect(&mut self) -> RelayedId {
        let peer = "127.0.0.1:9".parse().unwrap();
        self.strand.connect(SessionId(8), None, peer).unwrap()
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now.after(Duration::from_millis(ms));
    }

    pub(crate) fn letters(&mut self) -> Vec<Bytes> {
        std::iter::from_fn(|| self.strand.up(self.now)).collect()
    }

    pub(crate) fn frames(&mut self) -> Vec<Bytes> {
        let mut frames = Vec::new();
        self.hub.flush(self.now, &mut frames);
        frames
    }

    pub(crate) fn give_letter(&mut self, letter: &Bytes) -> Result<(), Refusal> {
        let letter = Up::decode(letter).unwrap();
        let mut next_id = || {
            self.last_id += 1;
            ConnectionId(self.last_id)
        };
        self.hub
            .accept(self.now, &letter, &mut next_id, &mut self.turns)
    }

    pub(crate) fn give_frame(&mut self, frame: &Bytes) -> News {
        self.strand
            .accept(self.now, frame, &mut self.heard)
            .unwrap()
    }

    /// Everything arrives, for as long as there is something.
    pub(crate) fn exchange(&mut self) {
        for _ in 0..100 {
            for letter in self.letters() {
                self.give_letter(&letter).unwrap();
            }
            for frame in self.frames() {
                let _: News = self.give_frame(&frame);
            }
            self.wait(5);
        }
    }

    pub(crate) fn says(&mut self, to: ConnectionId, message: &[u8]) {
        assert!(self.hub.send(to, &[Part::Own(message)]));
    }

    pub(crate) fn says_rows(&mut self, to: ConnectionId, kind: RowsKind) {
        let rows = rows(6, 7, 0);
        let head = head(kind, 1, rows.len());
        assert!(self.hub.send(to, &[Part::Own(&head), Part::Shared(&rows)]));
    }

    pub(crate) fn heard(&mut self) -> Vec<What> {
        let said = std::mem::take(&mut self.heard.said);
        said.into_iter().map(|(_, what)| what).collect()
    }
}
