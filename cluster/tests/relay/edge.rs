//! An edge shard with its clients, which check what they hear.

use std::collections::BTreeMap;

use bytes::Bytes;
use downbeat_cluster::relay::{Audience, EdgeCounters, News, Queued, RelayedId, Strand, StrandId};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{Epoch, NodeId, RoomId, SessionId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

use super::log::Log;
use super::random::Random;
use super::words::{Said, What};

pub(crate) struct Edge {
    index: usize,
    serial: u32,
    limits: Limits,
    pub(crate) strand: Option<Strand>,
    pub(crate) clients: BTreeMap<RelayedId, Client>,
    pub(crate) counters: EdgeCounters,
    pub(crate) forgotten: u64,
}

pub(crate) struct Client {
    pub(crate) session: SessionId,
    /// The number of the last message that was accepted for it.
    pub(crate) sent: u64,
    pub(crate) is_paused: bool,
    /// What it sees of the room.
    pub(crate) version: Option<u64>,
}

/// The sockets of an edge, while it reads a frame.
struct Sockets<'a> {
    epoch: Epoch,
    clients: &'a mut BTreeMap<RelayedId, Client>,
    log: &'a mut Log,
}

impl Audience for Sockets<'_> {
    fn send(&mut self, to: RelayedId, parts: &[Part<'_>]) {
        let Some(client) = self.clients.get_mut(&to) else {
            return self.log.wrong(format!("{to} is spoken to, and gone"));
        };
        let message: Vec<u8> = parts.iter().flat_map(Part::bytes).copied().collect();
        let said = Said::read(&message).expect("whole messages");
        self.log.hears(self.epoch, client.session, said);
        match said.what {
            What::Snapshot { version } => client.version = Some(version),
            What::Patch { base, version } => {
                if client.version != Some(base) {
                    let (session, has) = (client.session, client.version);
                    self.log
                        .wrong(format!("{session} has {has:?} and gets {said:?}"));
                }
                client.version = Some(version);
            }
            What::Welcome | What::Event => {}
        }
        if client.is_paused && said.is_rows() {
            let session = client.session;
            self.log.wrong(format!("{session} gets rows while paused"));
        }
    }

    fn close(&mut self, to: RelayedId, code: CloseCode, _: &str) {
        match self.clients.remove(&to) {
            Some(client) => self.log.hears_close(self.epoch, client.session, code),
            None => self.log.wrong(format!("{to} is closed, and gone")),
        }
    }
}

impl Edge {
    pub(crate) fn new(index: usize, limits: &Limits) -> Self {
        Self {
            index,
            serial: 0,
            limits: limits.clone(),
            strand: None,
            clients: BTreeMap::new(),
            counters: EdgeCounters::default(),
            forgotten: 0,
        }
    }

    /// The node starts anew: its sockets are gone, and it remembers nothing.
    pub(crate) fn restart(&mut self) {
        self.strand = None;
        self.clients.clear();
    }

    pub(crate) fn connect(&mut self, now: Timestamp, owner: Epoch, session: SessionId) {
        if self.strand.is_none() {
            self.serial += 1;
            let id = StrandId {
                node: NodeId(10 + self.index as u64),
                shard: ShardId(0),
                serial: self.serial,
            };
            self.strand = Some(Strand::new(id, RoomId(1), owner, now, &self.limits));
        }
        let Some(strand) = &mut self.strand else {
            return;
        };
        let peer = "127.0.0.1:4242".parse().unwrap();
        let Some(relayed) = strand.connect(session, None, peer) else {
            return;
        };
        let client = Client {
            session,
            sent: 0,
            is_paused: false,
            version: None,
        };
        self.clients.insert(relayed, client);
    }

    /// Something that a client does.
    pub(crate) fn act(&mut self, random: &mut Random) {
        let all: Vec<_> = self.clients.keys().copied().collect();
        let Some(relayed) = random.pick(&all) else {
            return;
        };
        match random.below(600) {
            0 => self.leave(relayed),
            1..12 => self.pause_or_resync(relayed),
            _ => self.message(relayed, random.below(120) as usize),
        }
    }

    fn leave(&mut self, relayed: RelayedId) {
        self.clients.remove(&relayed);
        if let Some(strand) = &mut self.strand {
            strand.lost(relayed, true);
        }
    }

    fn pause_or_resync(&mut self, relayed: RelayedId) {
        let (Some(client), Some(strand)) = (self.clients.get_mut(&relayed), &mut self.strand)
        else {
            return;
        };
        client.is_paused = !client.is_paused;
        if client.is_paused {
            strand.pause(relayed);
        } else {
            strand.resync(relayed);
        }
    }

    fn message(&mut self, relayed: RelayedId, filler: usize) {
        let (Some(client), Some(strand)) = (self.clients.get_mut(&relayed), &mut self.strand)
        else {
            return;
        };
        if strand.is_full() {
            return;
        }
        let mut message = (client.sent + 1).to_le_bytes().to_vec();
        message.resize(8 + filler, 0x11);
        match strand.message(relayed, &message) {
            Queued::Yes | Queued::AndFull => client.sent += 1,
            Queued::Refused => {}
        }
    }

    /// Everybody reads again and says a last thing.
    pub(crate) fn calm_down(&mut self) {
        let all: Vec<_> = self.clients.keys().copied().collect();
        for relayed in all {
            if self
                .clients
                .get(&relayed)
                .is_some_and(|client| client.is_paused)
            {
                self.pause_or_resync(relayed);
            }
            self.message(relayed, 0);
        }
    }

    pub(crate) fn accept(&mut self, now: Timestamp, frame: &Bytes, log: &mut Log) {
        let Some(strand) = &mut self.strand else {
            return;
        };
        let mut sockets = Sockets {
            epoch: strand.epoch(),
            clients: &mut self.clients,
            log,
        };
        // Words of a new owner can only be said once the strand begins with it.
        match strand.accept(now, frame, &mut sockets).unwrap() {
            News::Nothing | News::Owner(_) => {}
            News::Forgotten => self.forget(),
        }
    }

    fn forget(&mut self) {
        self.forgotten += 1;
        self.take_counters();
        self.restart();
    }

    /// The letters that are due.
    pub(crate) fn letters(&mut self, now: Timestamp, owner: Epoch) -> Vec<(Epoch, Bytes)> {
        let Some(strand) = &mut self.strand else {
            return Vec::new();
        };
        if strand.is_lost(now) {
            let _: News = strand.owner_is(owner);
        }
        let epoch = strand.epoch();
        let mut letters = Vec::new();
        if now >= strand.deadline() {
            letters.extend(std::iter::from_fn(|| strand.up(now)).map(|letter| (epoch, letter)));
        }
        assert!(strand.deadline() > now, "nothing is due any more");
        if strand.is_idle() {
            self.take_counters();
            self.strand = None;
        }
        letters
    }

    pub(crate) fn take_counters(&mut self) {
        let Some(strand) = &mut self.strand else {
            return;
        };
        let counters = strand.take_counters();
        self.counters.entries_lost += counters.entries_lost;
        self.counters.entries_resent += counters.entries_resent;
        self.counters.restarts += counters.restarts;
        self.counters.stale_epochs += counters.stale_epochs;
        self.counters.duplicates += counters.duplicates;
        self.counters.gaps += counters.gaps;
        self.counters.frames_refused += counters.frames_refused;
        self.counters.owners += counters.owners;
        self.counters.rows_withheld += counters.rows_withheld;
    }
}
