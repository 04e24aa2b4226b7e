//! What the owner knows of one strand.

use std::collections::BTreeMap;

use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;

use super::super::bounds::Bounds;
use super::super::wire::{Begin, Entry, Note};
use super::super::{FrameSeq, RelayedId, Round, StrandId, UpSeq};
use super::kept::Kept;
use super::ring::Tally;
use super::turn::Turn;

/// A strand, from the owner's side.
#[derive(Debug)]
pub(super) struct Tie {
    pub(super) id: StrandId,
    /// When it was last heard of.
    pub(super) last_at: Timestamp,
    /// The last entry that was applied.
    pub(super) applied: UpSeq,
    pub(super) round: Round,
    /// The first frame of this round.
    first: FrameSeq,
    /// It knows where to begin.
    pub(super) has_begun: bool,
    /// Every frame up to here was heard, or came before the round.
    pub(super) heard: FrameSeq,
    pub(super) clients: BTreeMap<RelayedId, Client>,
    /// What a restart must say again.
    pub(super) kept: Kept,
    /// Events in frames that were not heard.
    pub(super) events: Tally,
    /// When a note to it is due.
    pub(super) owed_at: Timestamp,
    /// A letter came before an earlier one.
    pub(super) is_behind: bool,
}

/// A relayed client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) connection: ConnectionId,
    pub(super) is_paused: bool,
}

impl Tie {
    pub(super) fn new(id: StrandId, sealed: FrameSeq, now: Timestamp, bounds: &Bounds) -> Self {
        Self {
            id,
            last_at: now,
            applied: UpSeq(0),
            round: Round(1),
            first: sealed.next(),
            has_begun: false,
            heard: sealed,
            clients: BTreeMap::new(),
            kept: Kept::new(bounds),
            events: Tally::new(bounds),
            owed_at: now,
            is_behind: false,
        }
    }

    /// When it is to be given up.
    pub(super) fn deadline(&self, bounds: &Bounds) -> Timestamp {
        if self.kept.is_over() {
            return Timestamp(0);
        }
        self.last_at.after(bounds.silence)
    }

    /// Whether no frame matters to it.
    pub(super) fn is_idle(&self) -> bool {
        self.clients.is_empty() && self.kept.is_empty()
    }

    pub(super) fn owe(&mut self, at: Timestamp) {
        self.owed_at = self.owed_at.min(at);
    }

    /// What is owed to it; then nothing is.
    pub(super) fn take_note(&mut self) -> Option<Note> {
        if self.owed_at == Timestamp::NEVER {
            return None;
        }
        self.owed_at = Timestamp::NEVER;
        let (round, first) = (self.round, self.first);
        Some(Note {
            ack: self.applied,
            is_behind: std::mem::take(&mut self.is_behind),
            begin: (!self.has_begun).then_some(Begin { round, first }),
            is_gone: false,
        })
    }

    pub(super) fn hear(&mut self, heard: FrameSeq) {
        self.heard = self.heard.max(heard);
        self.kept.hear(self.heard);
        self.events.hear(self.heard);
    }

    /// Begins anew behind the last frame. The events that it does not hear.
    pub(super) fn restart(&mut self, now: Timestamp, sealed: FrameSeq) -> u64 {
        self.round = self.round.next();
        (self.first, self.heard) = (sealed.next(), sealed);
        self.has_begun = false;
        self.owe(now);
        self.events.take()
    }

    /// Takes a client in; none if its name was used before.
    pub(super) fn connect(
        &mut self,
        entry: &Entry,
        next_id: &mut dyn FnMut() -> ConnectionId,
    ) -> Option<Turn> {
        let Entry::Connect {
            relayed,
            session,
            token,
            peer,
            standing,
        } = *entry
        else {
            return None;
        };
        if self.clients.contains_key(&relayed) {
            return None;
        }
        let connection = next_id();
        let is_paused = false;
        let client = Client {
            connection,
            is_paused,
        };
        self.clients.insert(relayed, client);
        Some(Turn::Connect {
            connection,
            session,
            token,
            peer,
            standing,
        })
    }

    /// What an entry of a known client does; nothing if its room has closed it.
    pub(super) fn turn(&mut self, entry: &Entry) -> Option<Turn> {
        let client = self.clients.get_mut(&entry.relayed())?;
        let connection = client.connection;
        Some(match entry {
            Entry::Connect { .. } => return None,
            Entry::Message { bytes, .. } => Turn::Message {
                connection,
                bytes: bytes.clone(),
            },
            Entry::Lost { relayed, consented } => {
                self.clients.remove(relayed);
                Turn::Lost {
                    connection,
                    consented: *consented,
                }
            }
            Entry::Pause { .. } => {
                client.is_paused = true;
                Turn::Pause { connection }
            }
            Entry::Resync { .. } => {
                client.is_paused = false;
                Turn::Resync { connection }
            }
        })
    }
}
