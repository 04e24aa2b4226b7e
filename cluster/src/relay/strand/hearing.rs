//! Frames of the owner.

use bytes::Bytes;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::Epoch;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::MessageKind;
use downbeat_schemas::time::Timestamp;

use super::super::RelayedId;
use super::super::bounds::GO_BACK_MIN;
use super::super::wire::{Frame, Listener, Note, Piece, WireError, Word};
use super::{Audience, Entry, Gate, News, Order, Queue, Strand};

/// A smaller part is copied if it has to wait: as a piece of the frame it would keep all of that in
/// memory.
const SHARED_BYTES_MIN: usize = 1_024;

impl Strand {
    /// Reads a frame, and says to `audience` what can be said now: this frame, those that waited for
    /// it, or nothing if an earlier one is missing.
    ///
    /// # Errors
    /// [`WireError`] if it is no frame of this room; nothing happened then.
    pub fn accept(
        &mut self,
        now: Timestamp,
        bytes: &Bytes,
        audience: &mut dyn Audience,
    ) -> Result<News, WireError> {
        let frame = Frame::decode(bytes)?;
        if frame.room != self.room {
            return Err(WireError::OtherRoom);
        }
        if self.is_forgotten {
            return Ok(News::Nothing);
        }
        if frame.epoch < self.epoch {
            self.counters.stale_epochs += 1;
            return Ok(News::Nothing);
        }
        let news = self.owner_is(frame.epoch);
        self.owner_heard_at = now;
        self.lost_at = now.after(self.bounds.owner_silence);
        let note = frame.place(self.id).and_then(|place| frame.note(place));
        if let Some(note) = note
            && self.read_note(now, note)
        {
            self.is_forgotten = true;
            return Ok(News::Forgotten);
        }
        self.hear(now, frame, audience);
        Ok(news)
    }

    /// The registry says that the owner has this epoch. If it is a later one than was known, all
    /// begins anew with it.
    pub fn owner_is(&mut self, epoch: Epoch) -> News {
        if epoch <= self.epoch {
            return News::Nothing;
        }
        self.epoch = epoch;
        self.begin_anew();
        News::Owner(epoch)
    }

    /// Connects the clients to a new owner. What they said and the former one did not acknowledge is
    /// lost: it may have been applied or not.
    fn begin_anew(&mut self) {
        self.counters.owners += 1;
        self.counters.entries_lost += self.queue.last().0 - self.queue.acked().0;
        self.queue = Queue::default();
        self.order = Order::new(self.bounds.reorder_bytes);
        self.heard_told = self.order.heard();
        self.resend.rest();
        self.ask.rest();
        for (relayed, client) in &mut self.clients {
            client.begin_anew();
            self.queue.push(&client.entry(*relayed));
            if client.gate == Gate::Shut {
                let relayed = *relayed;
                self.queue.push(&Entry::Pause { relayed });
            }
        }
    }

    /// True if the owner knows nothing of this strand.
    fn read_note(&mut self, now: Timestamp, note: Note) -> bool {
        if note.is_gone {
            return true;
        }
        self.hear_ack(now, note);
        if let Some(begin) = note.begin
            && self.order.begin(begin)
        {
            self.ask.rest();
            self.counters.restarts += 1;
            let clients = self.clients.values_mut();
            clients.for_each(|client| client.gate.lose());
        }
        false
    }

    fn hear_ack(&mut self, now: Timestamp, note: Note) {
        let is_progress = self.queue.ack(note.ack);
        if self.queue.is_empty() {
            self.resend.rest();
        } else if is_progress {
            self.resend.progress(now);
        }
        let may_go_back = now.since(self.went_back_at) >= GO_BACK_MIN;
        if note.is_behind && note.ack == self.queue.acked() && may_go_back {
            self.went_back_at = now;
            self.queue.go_back();
        }
    }

    fn hear(&mut self, now: Timestamp, frame: Frame, audience: &mut dyn Audience) {
        self.order.take(frame, &mut self.counters);
        let before = self.order.heard();
        while let Some(frame) = self.order.next() {
            self.say(&frame, audience);
        }
        if self.order.missing().is_none() {
            self.ask.rest();
            return;
        }
        if self.order.heard() > before {
            self.ask.rest();
        }
        self.ask.start_at_once(now);
    }

    /// Says the words of a frame to the clients of this strand.
    fn say(&mut self, frame: &Frame, audience: &mut dyn Audience) {
        let Some(place) = frame.place(self.id) else {
            return;
        };
        for word in frame.words() {
            match word {
                Word::Send {
                    to,
                    parts,
                    repeated,
                } => {
                    let mut mine = to.filter(|listener| listener.strand == place).peekable();
                    if mine.peek().is_none() {
                        continue;
                    }
                    let parts: Vec<_> = parts.map(|piece| part(piece, frame)).collect();
                    for listener in mine {
                        self.say_to(listener.relayed, &parts, repeated, audience);
                    }
                }
                Word::Close { to, code, reason } => {
                    self.say_close(place, to, code, reason, audience);
                }
            }
        }
    }

    fn say_to(
        &mut self,
        to: RelayedId,
        parts: &[Part<'_>],
        repeated: bool,
        audience: &mut dyn Audience,
    ) {
        let Some(client) = self.clients.get_mut(&to) else {
            return;
        };
        let start = parts.first().map_or(&[][..], Part::bytes);
        let kind = MessageKind::peek(start);
        if repeated && client.is_welcomed {
            return;
        }
        if !client.gate.passes(kind) {
            self.counters.rows_withheld += 1;
            return;
        }
        client.is_welcomed |= kind == MessageKind::Welcome;
        audience.send(to, parts);
    }

    fn say_close(
        &mut self,
        place: u32,
        to: Listener,
        code: u16,
        reason: &str,
        audience: &mut dyn Audience,
    ) {
        if to.strand == place && self.clients.remove(&to.relayed).is_some() {
            // A later release may have more of them.
            let code = CloseCode::from_code(code).unwrap_or(CloseCode::InternalError);
            audience.close(to.relayed, code, reason);
        }
    }
}

fn part<'a>(piece: Piece<'a>, frame: &'a Frame) -> Part<'a> {
    match piece {
        Piece::Inline(bytes) => Part::Own(bytes),
        Piece::Chunk(place) => match frame.chunks().get(place as usize) {
            Some(chunk) if chunk.len() >= SHARED_BYTES_MIN => Part::Shared(chunk),
            Some(chunk) => Part::Own(chunk),
            None => Part::Own(&[]),
        },
    }
}
