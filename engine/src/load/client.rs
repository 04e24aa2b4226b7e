//! One client: its socket from the WebSocket handshake to the end of the run.

use std::net::SocketAddr;

use downbeat_net::ReadBuffer;
use downbeat_net::socket::{Readiness, Recv};
use downbeat_net::ws::{
    Control, Incoming, OpCode, Reader, Role, encode_close, encode_masked, read_response,
    write_request,
};
use downbeat_schemas::SUBPROTOCOL;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::time::Timestamp;

use super::fault::Fault;
use super::habit::{Beat, Habit};
use super::meter::Meter;
use super::player::{Heard, Player};
use super::rig::Rig;
use super::wire::Wire;

/// A snapshot of the largest room fits.
const FRAME_BYTES_MAX: u64 = 64 << 20;
/// The answer to a handshake is a few hundred bytes.
const RESPONSE_BYTES_MAX: usize = 16 << 10;
/// What one `recv` of such an answer can bring.
const CHUNK_BYTES: usize = 2_048;

/// Where a client stands.
#[derive(Debug)]
pub(super) enum Client {
    /// Its turn has not come, or its lane waits for the seat.
    Seatless,
    Opening(Opening),
    Open(Open),
    /// Ended before it played.
    Failed,
    /// Played, and ended.
    Gone,
}

/// Connecting, or waiting for the answer to the handshake.
#[derive(Debug)]
pub(super) struct Opening {
    wire: Wire,
    key: [u8; 16],
    response: Vec<u8>,
    player: Player,
}

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Open {
    wire: Wire,
    reader: Reader,
    player: Player,
    habit: Habit,
    /// It has said goodbye: nothing is awaited any more.
    is_leaving: bool,
}

impl Client {
    /// Begins the handshake with a seat. `host` and `path` are those of the request.
    pub(super) fn open(
        &mut self,
        address: SocketAddr,
        host: &str,
        path: &str,
        player: Player,
        token: u64,
        rig: &mut Rig,
    ) -> Result<(), Fault> {
        let mut wire = Wire::connect(address, token, &rig.poller)?;
        let key = rig.dice.key();
        let mut request = Vec::new();
        write_request(&mut request, host, path, SUBPROTOCOL, key);
        wire.send(&request, &rig.poller)?;
        *self = Self::Opening(Opening {
            wire,
            key,
            response: Vec::new(),
            player,
        });
        Ok(())
    }

    /// The socket is ready: reads what has come, sends what waits.
    pub(super) fn on_ready(&mut self, ready: Readiness, rig: &mut Rig) -> Result<Heard, Fault> {
        match self {
            Self::Open(open) => open.on_ready(ready, rig),
            Self::Opening(_) => self.on_opening_ready(ready, rig),
            Self::Seatless | Self::Failed | Self::Gone => Ok(Heard::Ordinary),
        }
    }

    /// It is a beat of the client's: reads what has come, if that is its habit.
    pub(super) fn on_beat(&mut self, beat: Beat, rig: &mut Rig) -> Result<(), Fault> {
        match self {
            Self::Open(open) if open.habit.reads_on(beat) => open.read_on_beat(rig),
            _ => Ok(()),
        }
    }

    /// Sends the input that is due, if the client plays.
    pub(super) fn send_input(
        &mut self,
        intended: Timestamp,
        now: Timestamp,
        rig: &mut Rig,
    ) -> Result<(), Fault> {
        match self {
            Self::Open(open) if open.plays() => open.send_input(intended, now, rig),
            _ => Ok(()),
        }
    }

    pub(super) const fn is_playing(&self) -> bool {
        matches!(self, Self::Open(open) if open.plays())
    }

    /// Says goodbye. The server answers and closes.
    pub(super) fn leave(&mut self, rig: &mut Rig) -> Result<(), Fault> {
        let Self::Open(open) = self else {
            return Ok(());
        };
        let payload = encode_close(CloseCode::Normal.code(), "");
        open.is_leaving = true;
        open.habit = Habit::default();
        open.wire.watch_reads(true, &rig.poller)?;
        open.send_control(Control::Close, &payload, rig)
    }

    /// Lets go of the socket; what was awaited at `now` is counted. Gives the patches inside the
    /// window, if it ever played.
    pub(super) fn end(&mut self, now: Timestamp, meter: &mut Meter) -> Option<u32> {
        let patches = self.finish(now, meter);
        *self = match patches {
            None => Self::Failed,
            Some(_) => Self::Gone,
        };
        patches
    }

    /// It has left, and is to join again.
    pub(super) fn start_over(&mut self) {
        *self = Self::Seatless;
    }

    /// Whether it has said goodbye and its socket is still there.
    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self, Self::Open(open) if open.is_leaving)
    }

    /// Counts what is awaited at `now`; gives the patches inside the window if it ever played.
    pub(super) fn finish(&mut self, now: Timestamp, meter: &mut Meter) -> Option<u32> {
        match self {
            Self::Open(open) if open.is_leaving => Some(open.player.patches()),
            Self::Open(open) if open.player.is_playing() => Some(open.player.finish(now, meter)),
            _ => None,
        }
    }

    /// What a client that is not yet playing waits for; `None` if it plays or has ended.
    pub(super) const fn awaits(&self) -> Option<&'static str> {
        match self {
            Self::Seatless => Some("answer of the matchmaking"),
            Self::Opening(_) => Some("answer to the handshake"),
            Self::Open(open) if !open.player.is_playing() => Some("Welcome and Snapshot"),
            Self::Open(_) | Self::Failed | Self::Gone => None,
        }
    }

    fn on_opening_ready(&mut self, ready: Readiness, rig: &mut Rig) -> Result<Heard, Fault> {
        let Self::Opening(opening) = self else {
            return Ok(Heard::Ordinary);
        };
        if ready.writable {
            opening.wire.on_writable(&rig.poller)?;
        }
        let Some(head_bytes) = opening.receive()? else {
            return Ok(Heard::Ordinary);
        };
        // `Failed` for this moment only, to take apart what was there.
        let Self::Opening(opening) = std::mem::replace(self, Self::Failed) else {
            return Ok(Heard::Ordinary);
        };
        let mut open = Open {
            wire: opening.wire,
            reader: Reader::new(Role::Client),
            player: opening.player,
            habit: Habit::default(),
            is_leaving: false,
        };
        // Frames may have come behind the head.
        rig.read.fill(&opening.response[head_bytes..]);
        let now = rig.clock.now();
        let heard = open.hear_all(now, rig);
        *self = Self::Open(open);
        heard
    }
}

impl Opening {
    /// Reads the answer to the handshake: the length of its head, once it is whole.
    fn receive(&mut self) -> Result<Option<usize>, Fault> {
        let mut chunk = [0; CHUNK_BYTES];
        match self.wire.recv(&mut chunk) {
            Recv::Empty => return Ok(None),
            Recv::Bytes(len) => self.response.extend_from_slice(&chunk[..len]),
            Recv::Ended | Recv::Broken => return Err(Fault::Lost),
        }
        let head_bytes = read_response(&self.response, self.key)?;
        if head_bytes.is_none() && self.response.len() > RESPONSE_BYTES_MAX {
            return Err(Fault::Lost);
        }
        Ok(head_bytes)
    }
}

impl Open {
    const fn plays(&self) -> bool {
        self.player.is_playing() && !self.is_leaving
    }

    /// One `recv`: what it does not bring is reported again.
    fn on_ready(&mut self, ready: Readiness, rig: &mut Rig) -> Result<Heard, Fault> {
        if ready.writable {
            self.wire.on_writable(&rig.poller)?;
        }
        let before = self.player.state_at();
        let heard = self.read(rig)?;
        if rig.has_halfway && !self.is_leaving && self.player.hears_between_inputs() {
            self.habit.on_ready_read(self.player.state_at() > before);
        }
        self.wire
            .watch_reads(!self.habit.is_steady(), &rig.poller)?;
        Ok(heard)
    }

    fn read_on_beat(&mut self, rig: &mut Rig) -> Result<(), Fault> {
        let before = self.player.state_at();
        self.read(rig)?;
        let (arrived, now) = (self.player.state_at(), rig.clock.now());
        if arrived > before {
            let period = self.player.patch_period();
            self.habit.on_beat_read(arrived, now, period);
        } else {
            self.habit.on_miss();
        }
        Ok(self
            .wire
            .watch_reads(!self.habit.is_steady(), &rig.poller)?)
    }

    fn read(&mut self, rig: &mut Rig) -> Result<Heard, Fault> {
        let space = rig.read.space();
        let (brought, arrived) = self.wire.recv_stamped(space, &mut rig.arrivals);
        match brought {
            Recv::Empty => Ok(Heard::Ordinary),
            Recv::Ended | Recv::Broken => Err(Fault::Lost),
            Recv::Bytes(len) => {
                rig.read.filled(len);
                let now = rig.clock.now();
                let arrived = arrived.unwrap_or(now);
                rig.meter.received(len, arrived, now);
                self.hear_all(arrived, rig)
            }
        }
    }

    /// Reads all frames in the buffer, which came at `now`.
    fn hear_all(&mut self, now: Timestamp, rig: &mut Rig) -> Result<Heard, Fault> {
        let mut heard = Heard::Ordinary;
        loop {
            let step = match self.reader.next(&mut rig.read, FRAME_BYTES_MAX) {
                Ok(None) => return Ok(heard),
                Ok(Some(Incoming::Binary(message))) => {
                    self.player.hear(message, now, &mut rig.meter)
                }
                Ok(Some(Incoming::Ping(payload))) => {
                    rig.control.clear();
                    rig.control.extend_from_slice(payload);
                    self.pong(rig)
                }
                Ok(Some(Incoming::Pong(_))) => Ok(Heard::Ordinary),
                Ok(Some(Incoming::Text(_))) => Err(Fault::Text),
                Ok(Some(Incoming::Close { code, reason })) => Err(Fault::closed(code, reason)),
                Err(violation) => Err(violation.into()),
            };
            match step {
                Ok(Heard::Ordinary) => {}
                Ok(Heard::Joined) => heard = Heard::Joined,
                Err(fault) => {
                    forget_rest(&mut self.reader, &mut rig.read);
                    return Err(fault);
                }
            }
        }
    }

    fn send_input(
        &mut self,
        intended: Timestamp,
        now: Timestamp,
        rig: &mut Rig,
    ) -> Result<(), Fault> {
        if self.wire.is_blocked() {
            // The server does not read: a queue here would only hide it.
            self.player.skip_input(intended);
            rig.meter.input_blocked(intended);
            return Ok(());
        }
        self.player.act(now, &mut rig.meter);
        let frame = self.player.input(intended, &mut rig.input, &mut rig.dice);
        rig.meter.input(intended, frame.len(), now);
        Ok(self.wire.send(frame, &rig.poller)?)
    }

    /// Answers the ping whose payload is in `rig.control`.
    fn pong(&mut self, rig: &mut Rig) -> Result<Heard, Fault> {
        let payload = std::mem::take(&mut rig.control);
        let sent = self.send_control(Control::Pong, &payload, rig);
        rig.control = payload;
        sent.map(|()| Heard::Ordinary)
    }

    fn send_control(
        &mut self,
        control: Control,
        payload: &[u8],
        rig: &mut Rig,
    ) -> Result<(), Fault> {
        let mut frame = Vec::new();
        let mask = rig.dice.mask();
        encode_masked(&mut frame, OpCode::Control(control), mask, payload);
        Ok(self.wire.send(&frame, &rig.poller)?)
    }
}

/// Leaves the buffer empty for the next client.
fn forget_rest(reader: &mut Reader, read: &mut ReadBuffer) {
    while !matches!(reader.next(read, FRAME_BYTES_MAX), Ok(None)) {}
}
