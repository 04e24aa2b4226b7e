//! A room that is recorded.

use std::sync::Arc;

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::{Tick, Timestamp};

use super::entry::{Ending, Entry};
use super::label::Label;
use super::tape::Tape;
use crate::host::{
    AnyRoom, ConnectError, Counters, Finished, FreezeError, Outlet, Received, Reservation,
    ReserveError, RoomSize, RoomState, RoomSummary, SeatIndex, Seated, Spawned, Stepped, Stopwatch,
};

/// How a room is recorded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The release of Downbeat that records.
    pub release: String,
    /// The name of the room's type.
    pub room_name: String,
    /// The room's ticks per second.
    pub tick_hz: u16,
    /// The limits of the node.
    pub limits: Arc<Limits>,
    /// A file that is larger than this after a tick ends, and the next one begins.
    pub bytes_max: u64,
}

impl Plan {
    /// What a recording says of itself that begins with `room` as it is now.
    pub fn label(&self, room: &dyn AnyRoom, part: u32, now: Timestamp, tick: Tick) -> Label {
        Label {
            release: self.release.clone(),
            room_name: self.room_name.clone(),
            room: room.room_id(),
            tick_hz: self.tick_hz,
            part,
            now,
            tick,
            limits: Label::limits_of(&self.limits),
        }
    }
}

/// Bytes for a file of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which file, counted from 1 for each room.
    pub part: u32,
    /// To be appended to it.
    pub bytes: Vec<u8>,
    /// Nothing follows.
    pub ended: bool,
}

/// A room that writes down everything that comes to it, and is otherwise the room that it is.
///
/// Not recorded are the results of spawned futures, which no file can hold: a file ends when one
/// comes, and the next one begins as soon as the room can be frozen again.
pub struct Recorder {
    room: Box<dyn AnyRoom>,
    plan: Plan,
    /// None while the room cannot be frozen, and after its end.
    tape: Option<Tape>,
    parts: u32,
    tick: Tick,
    /// A step that was not handed out yet.
    stepped: Option<Timestamp>,
    /// Memory for the frozen room.
    frozen: Vec<u8>,
    recorded: Vec<Recorded>,
}

impl Recorder {
    /// Records a room from now on.
    pub fn new(room: Box<dyn AnyRoom>, plan: Plan, now: Timestamp) -> Self {
        let mut recorder = Self {
            room,
            plan,
            tape: None,
            parts: 0,
            tick: Tick(0),
            stepped: None,
            frozen: Vec::new(),
            recorded: Vec::new(),
        };
        recorder.begin(now);
        recorder
    }

    /// Begins the next file, if the room can be frozen now.
    fn begin(&mut self, now: Timestamp) {
        if self.room.freeze_into(now, &mut self.frozen).is_err() {
            return;
        }
        self.parts += 1;
        let label = self.plan.label(&*self.room, self.parts, now, self.tick);
        self.tape = Some(Tape::new(&label, &self.frozen));
    }

    fn end(&mut self, ending: Ending) {
        if let Some(mut tape) = self.tape.take() {
            tape.end(ending);
            self.recorded.push(Recorded {
                part: self.parts,
                bytes: tape.take(),
                ended: true,
            });
        }
    }

    fn push(&mut self, entry: &Entry<'_>) {
        if let Some(tape) = &mut self.tape {
            tape.push(entry);
        }
    }

    /// After a step was handed out: its hash, and whether the file goes on.
    fn close_step(&mut self, now: Timestamp) {
        let frozen = self.room.freeze_into(now, &mut self.frozen);
        if let Some(tape) = &mut self.tape {
            tape.push_flush(frozen.is_ok().then_some(&self.frozen));
        }
        let total = self.tape.as_ref().map(Tape::total);
        if total.is_some_and(|total| total >= self.plan.bytes_max) {
            self.end(Ending::Full);
        }
        if self.tape.is_none() {
            self.begin(now);
        }
    }

    fn note_reservation(&mut self, now: Timestamp, reservation: &Reservation) {
        if self.tape.is_none() {
            return;
        }
        let options = reservation.options.to_string();
        let auth = reservation.auth.as_ref().map(ToString::to_string);
        self.push(&Entry::Reserve {
            now,
            session: reservation.session,
            token: reservation.token,
            options: options.as_bytes(),
            auth: auth.as_deref().map(str::as_bytes),
        });
    }

    fn note_message(&mut self, seat: SeatIndex, message: ClientMessage<'_>) {
        let entry = match message {
            ClientMessage::Input { seq, payload } => Entry::Input { seat, seq, payload },
            ClientMessage::Raw { seq, payload } => Entry::Raw { seat, seq, payload },
            ClientMessage::Leave => Entry::Leave { seat },
            ClientMessage::Ping { .. } => return,
        };
        self.push(&entry);
    }
}

impl AnyRoom for Recorder {
    fn room_id(&self) -> RoomId {
        self.room.room_id()
    }

    fn reserve(&mut self, now: Timestamp, reservation: Reservation) -> Result<(), ReserveError> {
        self.note_reservation(now, &reservation);
        self.room.reserve(now, reservation)
    }

    fn connect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        self.push(&Entry::Connect {
            now,
            session,
            connection,
        });
        self.room.connect(now, session, connection)
    }

    fn reconnect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        self.push(&Entry::Reconnect {
            now,
            session,
            token,
            next_token,
            connection,
        });
        let room = &mut self.room;
        room.reconnect(now, session, token, next_token, connection)
    }

    fn can_reconnect(&self, now: Timestamp, token: ReconnectionToken) -> Option<SessionId> {
        self.room.can_reconnect(now, token)
    }

    fn receive(&mut self, now: Timestamp, seat: SeatIndex, message: ClientMessage<'_>) -> Received {
        let received = self.room.receive(now, seat, message);
        // What was dropped, malformed or late changed nothing: a flood does not fill the disk.
        if matches!(received, Received::Queued | Received::Leaving) {
            self.note_message(seat, message);
        }
        received
    }

    fn disconnect(&mut self, now: Timestamp, seat: SeatIndex, consented: bool) {
        self.push(&Entry::Disconnect { seat, consented });
        self.room.disconnect(now, seat, consented);
    }

    fn deadline(&self) -> Timestamp {
        self.room.deadline()
    }

    fn step_timed(&mut self, now: Timestamp, stopwatch: &mut dyn Stopwatch) -> Stepped {
        self.push(&Entry::Step { now });
        let stepped = self.room.step_timed(now, stopwatch);
        self.tick = Tick(stepped.first.0 + u64::from(stepped.ran)).before();
        self.stepped = Some(now);
        stepped
    }

    fn flush(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        self.room.flush(now, outlet);
        let Some(stepped) = self.stepped.take() else {
            return;
        };
        self.close_step(stepped);
        if *self.room.state() != RoomState::Running {
            self.end(Ending::RoomEnded);
        }
    }

    fn pause(&mut self, seat: SeatIndex) {
        self.push(&Entry::Pause { seat });
        self.room.pause(seat);
    }

    fn resync(&mut self, seat: SeatIndex) {
        self.push(&Entry::Resync { seat });
        self.room.resync(seat);
    }

    fn summary(&mut self) -> Option<RoomSummary> {
        self.room.summary()
    }

    fn take_spawned(&mut self) -> Vec<Spawned> {
        self.room.take_spawned()
    }

    fn finish_spawned(&mut self, finished: Finished) {
        self.end(Ending::Spawned);
        self.room.finish_spawned(finished);
    }

    fn shut_down(&mut self, now: Timestamp) {
        self.push(&Entry::ShutDown { now });
        self.room.shut_down(now);
        self.end(Ending::RoomEnded);
    }

    fn state(&self) -> &RoomState {
        self.room.state()
    }

    fn take_counters(&mut self) -> Counters {
        self.room.take_counters()
    }

    fn seated(&self) -> Vec<Seated> {
        self.room.seated()
    }

    fn rebind(&mut self, seat: SeatIndex, connection: ConnectionId) {
        self.push(&Entry::Rebind { seat, connection });
        self.room.rebind(seat, connection);
    }

    fn freeze_into(&self, now: Timestamp, bytes: &mut Vec<u8>) -> Result<(), FreezeError> {
        self.room.freeze_into(now, bytes)
    }

    fn size(&self) -> RoomSize {
        self.room.size()
    }

    fn to_json(&self) -> Result<serde_json::Value, String> {
        self.room.to_json()
    }

    fn take_recorded(&mut self) -> Vec<Recorded> {
        let mut recorded = std::mem::take(&mut self.recorded);
        if let Some(tape) = &mut self.tape {
            let bytes = tape.take();
            if !bytes.is_empty() {
                let part = self.parts;
                recorded.push(Recorded {
                    part,
                    bytes,
                    ended: false,
                });
            }
        }
        recorded
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("room", &self.room.room_id())
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}
