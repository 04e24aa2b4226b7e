//! What letters say.

use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;

use super::super::UpSeq;
use super::super::bounds::ACK_DELAY;
use super::super::wire::{Entry, Up};
use super::tie::Tie;
use super::turn::{Refusal, Turn};
use super::{Edge, Hub, Place};

impl Hub {
    /// Reads a letter and appends what it does to the room. `next_id` gives each new client its
    /// connection: an id that no other one has.
    ///
    /// # Errors
    /// [`Refusal`], if the letter did nothing. All but [`Refusal::LaterOwner`] are to be expected
    /// now and then; that one says that this node does not own the room any more.
    pub fn accept(
        &mut self,
        now: Timestamp,
        letter: &Up,
        next_id: &mut dyn FnMut() -> ConnectionId,
        turns: &mut Vec<Turn>,
    ) -> Result<(), Refusal> {
        self.check(now, letter)?;
        let edge = self.find_or_open(now, letter, turns)?;
        if let Some(tie) = self.ties.get_mut(&edge) {
            tie.last_at = now;
            self.apply(now, edge, letter, next_id, turns);
            self.hear(now, edge, letter, turns);
        }
        Ok(())
    }

    fn check(&mut self, now: Timestamp, letter: &Up) -> Result<(), Refusal> {
        let (room, epoch) = (letter.head.room, letter.head.epoch);
        if room != self.room {
            return Err(Refusal::OtherRoom(room));
        }
        if epoch > self.epoch {
            return Err(Refusal::LaterOwner(epoch));
        }
        if epoch < self.epoch {
            self.counters.stale_epochs += 1;
            self.show_soon(now);
            return Err(Refusal::FormerOwner(epoch));
        }
        Ok(())
    }

    /// The tie of the letter's strand, which begins with its first entry.
    fn find_or_open(
        &mut self,
        now: Timestamp,
        letter: &Up,
        turns: &mut Vec<Turn>,
    ) -> Result<Edge, Refusal> {
        let id = letter.head.strand;
        let edge = (id.node, id.shard);
        let living = self.ties.get(&edge).map(|tie| tie.id.serial);
        if living == Some(id.serial) {
            return Ok(edge);
        }
        let is_first = letter.head.first == UpSeq(1) && !letter.entries.is_empty();
        let is_past = living > Some(id.serial) || self.retired.has(id);
        if is_past || !is_first {
            // Before its first letter came, a later one is no proof that it is lost.
            if is_past || letter.head.round.0 > 0 {
                self.turn_away(letter);
            }
            return Err(Refusal::UnknownStrand);
        }
        self.give_up(now, edge, turns);
        if self.ties.len() >= self.bounds.strands {
            self.counters.strands_refused += 1;
            self.turn_away(letter);
            return Err(Refusal::TooManyStrands(self.bounds.strands));
        }
        let tie = Tie::new(id, self.sealed, now, &self.bounds);
        self.ties.insert(edge, tie);
        self.show_soon(now);
        Ok(edge)
    }

    fn turn_away(&mut self, letter: &Up) {
        if self.gone.len() < self.bounds.strands {
            self.gone.insert(letter.head.strand);
        }
    }

    /// Applies the entries that are new, if none before them is missing.
    fn apply(
        &mut self,
        now: Timestamp,
        edge: Edge,
        letter: &Up,
        next_id: &mut dyn FnMut() -> ConnectionId,
        turns: &mut Vec<Turn>,
    ) {
        let Some(tie) = self.ties.get_mut(&edge) else {
            return;
        };
        let next = tie.applied.next();
        if letter.head.first > next {
            self.counters.gaps += 1;
            tie.is_behind = true;
            tie.owe(now);
            return;
        }
        if letter.entries.is_empty() {
            return;
        }
        let known = (next.0 - letter.head.first.0).min(letter.entries.len() as u64);
        self.counters.duplicates += known;
        // An acknowledgement may be lost: duplicates get one too.
        tie.owe(now.after(ACK_DELAY));
        for entry in letter.entries.iter().skip(known as usize) {
            tie.applied = tie.applied.next();
            let turn = match entry {
                Entry::Connect { .. } => tie.connect(entry, next_id),
                entry => tie.turn(entry),
            };
            match &turn {
                Some(Turn::Connect { connection, .. }) => {
                    let relayed = entry.relayed();
                    self.connections
                        .insert(*connection, Place { edge, relayed });
                }
                Some(Turn::Lost { connection, .. }) => {
                    self.connections.remove(connection);
                }
                _ => {}
            }
            turns.extend(turn);
        }
    }

    /// Notes how far the strand heard, and gives it what it lacks.
    fn hear(&mut self, now: Timestamp, edge: Edge, letter: &Up, turns: &mut Vec<Turn>) {
        let Some(tie) = self.ties.get_mut(&edge) else {
            return;
        };
        if letter.head.round != tie.round {
            // It has not heard where to begin: its other numbers mean nothing yet.
            tie.has_begun = false;
            tie.owe(now);
            return;
        }
        tie.has_begun = true;
        // It cannot have heard what was not said.
        tie.hear(letter.head.heard.min(self.sealed));
        let from = tie.heard.next();
        self.prune();
        let wanted = letter.head.wants.filter(|through| *through >= from);
        if let Some(through) = wanted
            && from <= self.sealed
            && !self.ring.want(from, through)
        {
            self.restart(now, edge, turns);
        }
    }

    /// What the strand lacks is gone: it begins anew behind it. What must not be lost is said again;
    /// a snapshot makes up for the rest.
    fn restart(&mut self, now: Timestamp, edge: Edge, turns: &mut Vec<Turn>) {
        if !self.draft.is_empty() {
            self.seal();
        }
        let sealed = self.sealed;
        let Some(tie) = self.ties.get_mut(&edge) else {
            return;
        };
        self.counters.restarts += 1;
        self.counters.events_lost += tie.restart(now, sealed);
        for client in tie.clients.values().filter(|client| !client.is_paused) {
            let connection = client.connection;
            turns.push(Turn::Resync { connection });
            self.counters.resyncs += 1;
        }
        self.repeat_kept(edge);
        self.prune();
    }

    fn repeat_kept(&mut self, edge: Edge) {
        let Some(tie) = self.ties.get_mut(&edge) else {
            return;
        };
        let (id, mut kept) = (tie.id, tie.kept.take());
        for word in &mut kept {
            self.make_space(word.len());
            word.say_again(self.sealed.next(), id, &mut self.draft);
        }
        if let Some(tie) = self.ties.get_mut(&edge) {
            tie.kept.put_back(kept);
        }
    }
}
