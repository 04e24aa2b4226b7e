//! What a shard sees of a room: one object-safe trait for every type of game.
//!
//! The order of calls is always the same: calls that bring something ([`AnyRoom::connect`],
//! [`AnyRoom::receive`], …) at any time, [`AnyRoom::step`] when [`AnyRoom::deadline`] has come,
//! and [`AnyRoom::flush`] after each turn in which one of them was called.

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::time::Timestamp;

pub use downbeat_schemas::part::Part;

pub use self::action::Action;
pub use self::description::{Description, SeatDescription, SeatPhase, TableDescription};
pub use self::errors::{ConnectError, CreateError, FreezeError, ReserveError, ThawError};
pub use self::patch_sizes::PatchSizes;
pub(crate) use self::report::Origin;
pub use self::report::{
    Counters, Hook, Received, Reservation, RoomSize, RoomState, RoomSummary, SeatIndex, Seated,
    Stepped,
};
pub use self::room_type::{CreateParams, RoomType, ThawParams};
pub use self::stopwatch::{NoStopwatch, Stopwatch, TickPhase};
pub use crate::spawn::{Finished, Spawned};
pub use crate::surroundings::{around, surround, surrounded};

mod action;
mod description;
mod errors;
mod patch_sizes;
mod report;
mod room_type;
mod stopwatch;

/// A room of any type, on the shard that owns it.
///
/// Reads no clock: each call takes the shard's `now`. Times that go in and come out are on the
/// clock of the node; the room's own clock, which hooks and clients see, starts with the room.
pub trait AnyRoom {
    /// Which room this is.
    fn room_id(&self) -> RoomId;

    /// Keeps a seat for a session for `seat_reservation_ms`.
    ///
    /// # Errors
    /// [`ReserveError`] if the room takes nobody now, or the options are not its own.
    fn reserve(&mut self, now: Timestamp, reservation: Reservation) -> Result<(), ReserveError>;

    /// Claims a reservation, once. `on_join` runs in the next tick, which sends the Welcome.
    ///
    /// # Errors
    /// [`ConnectError`]; the connection is to be closed with its code.
    fn connect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError>;

    /// Opens a seat again: a held one, or one whose former connection is then closed with 4005.
    ///
    /// The Welcome of the next tick brings `next_token` and with it uses up `token`: a client whose
    /// connection is lost before that can try again.
    ///
    /// # Errors
    /// [`ConnectError`]; the connection is to be closed with its code.
    fn reconnect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError>;

    /// Whose seat `token` would open at this moment.
    fn can_reconnect(&self, now: Timestamp, token: ReconnectionToken) -> Option<SessionId>;

    /// Takes a message of a client, to be applied in the next tick.
    fn receive(&mut self, now: Timestamp, seat: SeatIndex, message: ClientMessage<'_>) -> Received;

    /// Brings a message of a topic, to be heard in the next tick. Ignored by a room that does not
    /// hear the topic, or has ended.
    fn hear(&mut self, now: Timestamp, topic: &str, payload: &[u8]) -> Received;

    /// The topics that the room hears, if they changed since they were last asked for. The first
    /// call always tells, also after a thaw.
    fn topics(&mut self) -> Option<Vec<String>>;

    /// The connection is gone. `consented`: the client closed it on purpose and leaves for good.
    ///
    /// Not to be called after [`Outlet::close`] for the same connection; if it is, nothing happens.
    fn disconnect(&mut self, now: Timestamp, seat: SeatIndex, consented: bool);

    /// When [`Self::step`] is next due: [`Timestamp::NEVER`] once the room ended.
    fn deadline(&self) -> Timestamp;

    /// Runs the ticks that are due, at most `catch_up_steps_max`, and skips what is later.
    ///
    /// Nothing happens before the deadline.
    fn step(&mut self, now: Timestamp) -> Stepped {
        self.step_timed(now, &mut NoStopwatch)
    }

    /// [`Self::step`], with a stopwatch that is told of each phase of each tick.
    fn step_timed(&mut self, now: Timestamp, stopwatch: &mut dyn Stopwatch) -> Stepped;

    /// Hands out everything there is to say, for each client in its order.
    ///
    /// After a step, and after any other call that may close a connection.
    fn flush(&mut self, now: Timestamp, outlet: &mut dyn Outlet);

    /// Composes no snapshot or patch for a slow reader until [`Self::resync`]. Events still come.
    fn pause(&mut self, seat: SeatIndex);

    /// A slow reader may have its snapshot, with the next patch.
    fn resync(&mut self, seat: SeatIndex);

    /// What the registry publishes, if it changed since it was last asked for.
    fn summary(&mut self) -> Option<RoomSummary>;

    /// The futures that hooks spawned since the last call: the shard runs them.
    fn take_spawned(&mut self) -> Vec<Spawned>;

    /// Brings a future's result; its closure runs in the next tick.
    ///
    /// # Panics
    /// If `finished` comes from a room of another type.
    fn finish_spawned(&mut self, finished: Finished);

    /// Ends the room because the server stops: `on_leave` for all, `on_dispose`, close 4001.
    fn shut_down(&mut self, now: Timestamp);

    /// Does to the room what an operator wants, at once. False if the room has ended, or has nobody
    /// of this session who joined.
    ///
    /// What is to be said then goes out with the next flush.
    fn act(&mut self, now: Timestamp, action: &Action) -> bool;

    /// The room for people to look at: who is in it, and what its clients see, in at most about so
    /// many bytes as JSON.
    fn describe(&self, bytes_max: usize) -> Description;

    /// Whether the room goes on.
    fn state(&self) -> &RoomState;

    /// Takes the counts since the last call.
    fn take_counters(&mut self) -> Counters;

    /// Seats that have a connection, by their index.
    ///
    /// After a thaw on another node these are the connections of the former one: each is to be
    /// given up with [`Self::disconnect`] or replaced with [`Self::rebind`].
    fn seated(&self) -> Vec<Seated>;

    /// The same socket under another id, after it or the room moved. The client notices nothing.
    fn rebind(&mut self, seat: SeatIndex, connection: ConnectionId);

    /// The whole room as bytes: private fields, tables, timers, rng, tick number, seats, mailbox.
    ///
    /// The room goes on as if nothing had happened; [`RoomType::thaw`] makes its twin.
    ///
    /// # Errors
    /// [`FreezeError`] when there is something that bytes cannot hold at this moment.
    fn freeze(&self, now: Timestamp) -> Result<Vec<u8>, FreezeError> {
        let mut bytes = Vec::new();
        self.freeze_into(now, &mut bytes)?;
        Ok(bytes)
    }

    /// [`Self::freeze`] into memory that was used before. What is in it goes, even with an error.
    ///
    /// # Errors
    /// [`FreezeError`] when there is something that bytes cannot hold at this moment.
    fn freeze_into(&self, now: Timestamp, bytes: &mut Vec<u8>) -> Result<(), FreezeError>;

    /// How much there is in it. Counts the rows one by one: not for every tick.
    fn size(&self) -> RoomSize;

    /// The game's state as JSON, private fields included: for people.
    ///
    /// # Errors
    /// Why JSON cannot hold it: a map whose keys are neither texts nor numbers.
    fn to_json(&self) -> Result<serde_json::Value, String>;
}

/// Where a room's words go: the outboxes of its shard.
pub trait Outlet {
    /// One message, the concatenation of `parts`. Called in the order in which a client is to read.
    fn send(&mut self, to: ConnectionId, parts: &[Part<'_>]);

    /// A message for all that hear a topic, on all nodes, after what was said to connections.
    fn publish(&mut self, topic: &str, payload: &[u8]);

    /// The last word to a connection: the room has forgotten it.
    fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str);
}
