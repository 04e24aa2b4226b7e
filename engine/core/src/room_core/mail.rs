//! What a tick does with each letter of the mailbox.

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::SessionId;
use serde::Deserialize;

use super::RoomCore;
use crate::host::Hook;
use crate::mailbox::{Letter, Mailbox, What};
use crate::room::{Leave, Reject, Room};
use crate::seat::{Phase, Seat};
use crate::talk::Mark;

impl<R: Room> RoomCore<R> {
    /// Opens all letters in the order of their arrival.
    pub(super) fn read_mail(&mut self) {
        // Taken out, so that hooks can borrow the room while bytes are read from the mailbox.
        let mut mailbox = std::mem::replace(&mut self.mailbox, Mailbox::new());
        while let Some(letter) = mailbox.pop() {
            self.open(letter, &mailbox);
        }
        mailbox.clear();
        self.mailbox = mailbox;
    }

    fn open(&mut self, letter: Letter<R::Input>, mailbox: &Mailbox<R::Input>) {
        match letter {
            Letter::Seat {
                slot,
                session,
                what,
            } => self.open_from_seat(slot, session, what, mailbox),
            Letter::Topic { topic, payload } => {
                let topic = std::str::from_utf8(mailbox.bytes(topic)).unwrap_or_default();
                self.open_from_topic(topic, mailbox.bytes(payload));
            }
        }
    }

    fn open_from_topic(&mut self, topic: &str, payload: &[u8]) {
        // An earlier letter may have made the game deaf to it.
        if self.ctx.topics.hears(topic) {
            self.ctx.counters.messages += 1;
            self.call(Hook::OnMessage, |room, ctx| {
                room.on_message(topic, payload, ctx);
            });
        }
    }

    fn open_from_seat(
        &mut self,
        slot: u32,
        session: SessionId,
        what: What<R::Input>,
        mailbox: &Mailbox<R::Input>,
    ) {
        let seat = self.ctx.seats.at_mut(slot);
        let Some(seat) = seat.filter(|seat| seat.session == session) else {
            return;
        };
        match what {
            What::Input { seq, input } => {
                seat.apply(seq);
                self.ctx.counters.inputs += 1;
                self.call(Hook::OnInput, |room, ctx| {
                    room.on_input(session, input, ctx);
                });
            }
            What::Bytes { seq, range } => {
                seat.apply(seq);
                self.ctx.counters.inputs += 1;
                let bytes = mailbox.bytes(range);
                self.call(Hook::OnBytes, |room, ctx| {
                    room.on_bytes(session, bytes, ctx);
                });
            }
            What::Join { usage } if seat.is(Phase::Joining, usage) => self.join(slot, session),
            What::Reconnect { usage } if seat.is(Phase::Playing, usage) => {
                self.ctx.counters.reconnections += 1;
                self.welcome(slot);
                self.call(Hook::OnReconnect, |room, ctx| {
                    room.on_reconnect(session, ctx);
                });
            }
            What::Drop { usage } if seat.is(Phase::Dropped, usage) => self.drop_out(slot, session),
            What::Leave => {
                self.leave(slot, Leave::Consented, CloseCode::Consented, "");
                self.let_kicked_leave();
            }
            // Overtaken by a later use of the seat, which has a letter of its own.
            What::Join { .. } | What::Reconnect { .. } | What::Drop { .. } => {}
        }
    }

    fn join(&mut self, slot: u32, session: SessionId) {
        let mark = self.ctx.talk.mark();
        let viewer = self.ctx.replicator.add_viewer();
        self.ctx.seats.enter(slot, Phase::Playing);
        let seat = self.ctx.seats.at_mut(slot);
        let options = seat.map(|seat| {
            seat.viewer = Some(viewer);
            std::mem::take(&mut seat.options)
        });
        let options = options.unwrap_or_default();
        self.welcome(slot);
        let joined = self.call_alone(Hook::OnJoin, |room, ctx| {
            let options = R::Options::deserialize(&options);
            let options = options.map_err(|error| Reject::new(error.to_string()))?;
            room.on_join(session, options, ctx)
        });
        match joined {
            Some(Ok(())) => self.ctx.counters.joins += 1,
            Some(Err(reject)) => self.refuse(slot, mark, &reject),
            None => {}
        }
        self.let_kicked_leave();
    }

    /// Frees a seat as if it had never been taken.
    fn refuse(&mut self, slot: u32, mark: Mark, reject: &Reject) {
        self.ctx.counters.joins_refused += 1;
        if let Some(connection) = self.ctx.seats.detach(slot, Phase::Gone) {
            // Not even its Welcome: the client never was in the room.
            self.ctx.talk.withdraw(mark, connection);
            let reason = reject.to_string();
            self.ctx
                .talk
                .close(connection, CloseCode::JoinRefused, &reason);
        }
        self.release(slot);
    }

    fn drop_out(&mut self, slot: u32, session: SessionId) {
        self.call(Hook::OnDrop, |room, ctx| room.on_drop(session, ctx));
        let seat = self.ctx.seats.at(slot);
        if seat.is_some_and(|seat| seat.session == session && seat.phase == Phase::Dropped) {
            self.leave(slot, Leave::Dropped, CloseCode::Normal, "");
            self.let_kicked_leave();
        }
    }
}

impl Seat {
    fn is(&self, phase: Phase, usage: u64) -> bool {
        self.phase == phase && self.usage == usage
    }

    /// One of the client's messages is taken out of the mailbox.
    fn apply(&mut self, seq: u32) {
        self.waiting -= 1;
        self.acked = self.acked.max(seq);
    }
}
