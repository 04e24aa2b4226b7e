//! A room that can be recorded.

mod last_step;
mod room;

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::time::{Tick, Timestamp};

use super::ending::Ending;
use super::entry::Entry;
use super::plan::{Plan, Recorded};
use super::tape::Tape;
use crate::host::{AnyRoom, Reservation, RoomState, SeatIndex};
use last_step::LastStep;

/// A room that, while it is recorded, writes down everything that comes to it, and is otherwise the
/// room that it is.
///
/// Not recorded are the results of spawned futures, which no file can hold: a file ends when one
/// comes, and the next one begins as soon as the room can be frozen again.
pub struct Recorder {
    room: Box<dyn AnyRoom>,
    /// There while the room is recorded.
    plan: Option<Plan>,
    /// None while the room cannot be frozen, and after its end.
    tape: Option<Tape>,
    parts: u32,
    /// The last tick that ran.
    tick: Tick,
    /// A step that was not handed out yet.
    stepped: Option<Timestamp>,
    /// Also when there is no file at the moment.
    last: LastStep,
    recorded: Vec<Recorded>,
    too_large: Option<TooLarge>,
}

/// A room that fills half a file when it is frozen is not recorded: each file would hold next to
/// nothing of what came then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the room has {bytes} bytes when it is frozen, and a file may have {bytes_max}: set recording_bytes_max to more \
     than twice the room"
)]
pub struct TooLarge {
    /// The frozen room.
    pub bytes: u64,
    /// What a file may have.
    pub bytes_max: u64,
}

impl Recorder {
    /// A room that is not recorded yet.
    pub fn new(room: Box<dyn AnyRoom>) -> Self {
        Self {
            room,
            plan: None,
            tape: None,
            parts: 0,
            tick: Tick(0),
            stepped: None,
            last: LastStep::default(),
            recorded: Vec::new(),
            too_large: None,
        }
    }

    /// Records the room from now on; nothing happens if it is recorded already.
    pub fn start(&mut self, plan: Plan, now: Timestamp) {
        if self.plan.is_none() {
            self.plan = Some(plan);
            // That it cannot be frozen now is no fault: it is tried again after its next step.
            let _ = self.last.close(&*self.room, now, self.tick);
            self.begin(now);
        }
    }

    /// Records it no more; the file says so.
    pub fn stop(&mut self) {
        self.end(Ending::Stopped);
        self.forget();
    }

    /// Records it no more, and keeps nothing of what was not taken: the file's end is lost. Its
    /// owner writes [`Recorded::cut`] into it.
    pub fn break_off(&mut self) {
        self.tape = None;
        self.recorded.clear();
        self.forget();
    }

    /// Whether the room is recorded. It may be that it cannot be frozen at the moment, and that the
    /// next file begins when it can.
    pub const fn is_recording(&self) -> bool {
        self.plan.is_some()
    }

    /// Whether the step that comes next can be told by [`Self::last_step`] after it.
    pub fn will_know_last_step(&self) -> bool {
        self.plan.is_some() && self.last.after().is_some()
    }

    /// A recording of the last step alone, apart from the file: the room before it, what came since
    /// then, and the hash of the room after it. None if the step is not known, as when the room was
    /// not recorded before it.
    pub fn last_step(&self) -> Option<Vec<u8>> {
        self.last.recording(self.plan.as_ref()?, &*self.room)
    }

    /// Bytes of the frozen room that [`Self::last_step`] begins with.
    pub fn last_step_bytes(&self) -> Option<usize> {
        self.last.before_bytes()
    }

    /// What was written since the last call.
    pub fn take_recorded(&mut self) -> Vec<Recorded> {
        let mut recorded = std::mem::take(&mut self.recorded);
        if let Some(tape) = &mut self.tape {
            let now = Recorded::take(self.parts, tape, false);
            recorded.extend(Some(now).filter(|recorded| !recorded.bytes.is_empty()));
        }
        recorded
    }

    /// Why the room is recorded no more, if that is because of its size; once.
    pub const fn take_too_large(&mut self) -> Option<TooLarge> {
        self.too_large.take()
    }

    fn forget(&mut self) {
        self.plan = None;
        self.last = LastStep::default();
    }

    /// Begins the next file with the room that was just frozen, if it was.
    fn begin(&mut self, now: Timestamp) {
        let (Some(plan), Some(frozen)) = (&self.plan, self.last.after()) else {
            return;
        };
        let (bytes, bytes_max) = (frozen.len() as u64, plan.bytes_max);
        if bytes > bytes_max / 2 {
            self.too_large = Some(TooLarge { bytes, bytes_max });
            return self.forget();
        }
        self.parts += 1;
        let label = plan.label(&*self.room, self.parts, now, self.tick);
        self.tape = Some(Tape::new(&label, frozen));
    }

    fn end(&mut self, ending: Ending) {
        if let Some(mut tape) = self.tape.take() {
            tape.end(ending);
            let recorded = Recorded::take(self.parts, &mut tape, true);
            self.recorded.push(recorded);
        }
    }

    /// A full file ends at once, also within a tick: the next one begins after it, with the room as
    /// it is then.
    fn push(&mut self, entry: &Entry<'_>) {
        if self.plan.is_none() {
            return;
        }
        let bytes = self.last.push(entry);
        if let Some(tape) = &mut self.tape {
            tape.push_raw(bytes);
            self.end_if_full();
        }
    }

    fn end_if_full(&mut self) {
        if let (Some(tape), Some(plan)) = (&self.tape, &self.plan)
            && tape.total() >= plan.bytes_max
        {
            self.end(Ending::Full);
        }
    }

    /// After a step was handed out: its hash, and whether the file goes on.
    fn close_step(&mut self, now: Timestamp) {
        let frozen = self.last.close(&*self.room, now, self.tick).ok();
        if let Some(tape) = &mut self.tape {
            tape.push_flush(frozen);
        }
        if *self.room.state() != RoomState::Running {
            return self.end(Ending::RoomEnded);
        }
        self.end_if_full();
        if self.tape.is_none() {
            self.begin(now);
        }
    }

    fn note_reservation(&mut self, now: Timestamp, reservation: &Reservation) {
        if self.plan.is_none() {
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

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("room", &self.room.room_id())
            .field("is_recording", &self.is_recording())
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}
