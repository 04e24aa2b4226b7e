//! One room: the game's state and hooks between its seats, its mailbox and its words.
//!
//! | file | what |
//! |---|---|
//! | `seating` | who gets, keeps and gives up a seat |
//! | `receiving` | messages of clients and topics: decoded, counted, queued |
//! | `stepping` | the ticks that are due |
//! | `mail` | what a tick does with each letter of the mailbox |
//! | `hooks` | the game's code behind its wall, and those it sends away |
//! | `talking` | everything that goes out |
//! | `acting` | what an operator does to it |
//! | `describing` | the room as people look at it |
//! | `closing` | the end, good or bad |
//! | `freezing` | the room as bytes and back |

use std::sync::Arc;

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::time::{Tick, Timestamp};
use serde::Deserialize;

pub(crate) use self::freezing::thaw;
use self::talking::RowsTalk;
use crate::ctx::Ctx;
use crate::guard::guarded;
use crate::host::Origin;
use crate::host::{
    Action, AnyRoom, ConnectError, Counters, CreateError, CreateParams, Description, Finished,
    FreezeError, Outlet, Received, Reservation, ReserveError, RoomSize, RoomState, RoomSummary,
    SeatIndex, Seated, Spawned, Stepped, Stopwatch,
};
use crate::mailbox::Mailbox;
use crate::room::Room;
use crate::schedule::Schedule;

mod acting;
mod closing;
mod describing;
mod freezing;
mod hooks;
mod mail;
mod receiving;
mod seating;
mod stepping;
mod talking;

/// A room of type `R`. All times inside are on the room's clock.
pub(crate) struct RoomCore<R: Room> {
    room: R,
    ctx: Ctx<R>,
    mailbox: Mailbox<R::Input>,
    schedule: Schedule,
    origin: Origin,
    /// The tick of the latest patch.
    patched: Tick,
    /// Changes are to be collected, as soon as the former patch is handed out.
    patch_due: bool,
    rows: RowsTalk,
    schema: StateSchema,
    state: RoomState,
    published: Option<RoomSummary>,
}

/// Makes a room of type `R`.
pub(crate) fn create<R: Room>(
    name: &Arc<str>,
    params: CreateParams,
) -> Result<Box<dyn AnyRoom>, CreateError> {
    Ok(Box::new(RoomCore::<R>::create(name, params)?))
}

impl<R: Room> RoomCore<R> {
    pub(crate) fn create(name: &Arc<str>, params: CreateParams) -> Result<Self, CreateError> {
        let room_name = || name.to_string();
        let options = R::Options::deserialize(params.options);
        let options = options.map_err(|error| CreateError::Options {
            name: room_name(),
            why: error.to_string(),
        })?;
        let mut ctx = Ctx::new(name, params.room, params.seed, params.limits);
        let created = guarded(|| R::on_create(options, &mut ctx));
        let created = created.map_err(|message| CreateError::Panicked {
            name: room_name(),
            message,
        })?;
        let room = created.map_err(|reject| CreateError::Rejected {
            name: room_name(),
            why: reject.to_string(),
        })?;
        // Whom it may have sent away cannot be here yet.
        ctx.kicks.clear();
        let origin = Origin::new(params.now, Timestamp(0));
        let first = origin.in_room(params.first_deadline);
        let schedule = Schedule::new(first, R::CONFIG.tick_hz);
        Ok(Self::assemble(room, ctx, schedule, origin))
    }

    fn assemble(room: R, ctx: Ctx<R>, schedule: Schedule, origin: Origin) -> Self {
        Self {
            room,
            ctx,
            mailbox: Mailbox::new(),
            schedule,
            origin,
            patched: Tick(0),
            patch_due: false,
            rows: RowsTalk::new(),
            schema: R::schema(),
            state: RoomState::Running,
            published: None,
        }
    }

    /// The game's state.
    pub(crate) const fn room(&self) -> &R {
        &self.room
    }

    fn running(&self) -> bool {
        self.state == RoomState::Running
    }

    /// What holds between calls, whatever was called.
    pub(crate) fn invariants(&self) {
        let (seats, limits) = (&self.ctx.seats, &self.ctx.limits);
        seats.invariants();
        assert!(
            self.mailbox.messages() <= limits.inbox_max,
            "the mailbox is bounded"
        );
        assert!(
            self.mailbox.topic_messages() <= limits.topic_messages_max,
            "what topics bring too"
        );
        assert!(
            self.ctx.topics.len() as u64 <= limits.topics_max,
            "and the topics"
        );
        for seat in seats.iter() {
            let waiting = u64::from(seat.waiting);
            assert!(
                waiting <= limits.inbox_per_client_max,
                "so is each client's part of it"
            );
        }
        assert!(
            self.running() || seats.len() == 0,
            "a room that ended has no seats"
        );
        assert!(
            self.ctx.kicks.is_empty(),
            "who is sent away leaves before the step ends"
        );
    }
}

impl<R: Room> AnyRoom for RoomCore<R> {
    fn room_id(&self) -> RoomId {
        self.ctx.room
    }

    fn reserve(&mut self, now: Timestamp, reservation: Reservation) -> Result<(), ReserveError> {
        self.reserve_seat(self.origin.in_room(now), reservation)
    }

    fn connect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        self.claim_seat(self.origin.in_room(now), session, connection)
    }

    fn reconnect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        let slot = self.reopened_slot(self.origin.in_room(now), session, token)?;
        Ok(self.reopen_seat(slot, next_token, connection))
    }

    fn can_reconnect(&self, now: Timestamp, token: ReconnectionToken) -> Option<SessionId> {
        self.ctx.seats.reopened_by(token, self.origin.in_room(now))
    }

    fn receive(&mut self, now: Timestamp, seat: SeatIndex, message: ClientMessage<'_>) -> Received {
        self.receive_message(self.origin.in_room(now), seat, message)
    }

    fn hear(&mut self, _now: Timestamp, topic: &str, payload: &[u8]) -> Received {
        self.hear_message(topic, payload)
    }

    fn topics(&mut self) -> Option<Vec<String>> {
        self.ctx.topics.take_changed()
    }

    fn disconnect(&mut self, _now: Timestamp, seat: SeatIndex, consented: bool) {
        self.lose_connection(seat, consented);
    }

    fn deadline(&self) -> Timestamp {
        match self.state {
            RoomState::Running => self.origin.on_node(self.schedule.deadline()),
            _ => Timestamp::NEVER,
        }
    }

    fn step_timed(&mut self, now: Timestamp, stopwatch: &mut dyn Stopwatch) -> Stepped {
        self.run_due_ticks(self.origin.in_room(now), stopwatch)
    }

    fn flush(&mut self, _now: Timestamp, outlet: &mut dyn Outlet) {
        self.hand_out(outlet);
    }

    fn pause(&mut self, seat: SeatIndex) {
        if let Some(seat) = self.ctx.seats.connected_mut(seat) {
            seat.paused = true;
        }
    }

    fn resync(&mut self, seat: SeatIndex) {
        if let Some(seat) = self.ctx.seats.connected_mut(seat) {
            seat.paused = false;
            if let Some(viewer) = seat.viewer {
                self.ctx.replicator.request_snapshot(viewer);
            }
        }
    }

    fn summary(&mut self) -> Option<RoomSummary> {
        let summary = self.present_summary();
        if self.published.as_ref() == Some(&summary) {
            return None;
        }
        self.published = Some(summary.clone());
        Some(summary)
    }

    fn take_spawned(&mut self) -> Vec<Spawned> {
        self.ctx.spawner.take_spawned()
    }

    fn finish_spawned(&mut self, finished: Finished) {
        if self.running() {
            self.ctx.spawner.finish(finished);
        }
    }

    fn shut_down(&mut self, _now: Timestamp) {
        self.end_for_shutdown();
    }

    fn act(&mut self, _now: Timestamp, action: &Action) -> bool {
        self.take_action(action)
    }

    fn describe(&self, bytes_max: usize) -> Description {
        self.describe_within(bytes_max)
    }

    fn state(&self) -> &RoomState {
        &self.state
    }

    fn take_counters(&mut self) -> Counters {
        let hits = self.ctx.replicator.take_limit_hits();
        let counters = std::mem::take(&mut self.ctx.counters);
        Counters { hits, ..counters }
    }

    fn seated(&self) -> Vec<Seated> {
        self.ctx.seats.seated().collect()
    }

    fn rebind(&mut self, seat: SeatIndex, connection: ConnectionId) {
        self.ctx.seats.rebind(seat, connection);
    }

    fn freeze_into(&self, now: Timestamp, bytes: &mut Vec<u8>) -> Result<(), FreezeError> {
        self.write_frozen(self.origin.in_room(now), bytes)
    }

    fn size(&self) -> RoomSize {
        let mut rows = 0;
        for table in 0..self.room.tables() {
            self.room.table(table).known(&mut |_, _| rows += 1);
        }
        let clients = self.ctx.seats.len() as u64;
        RoomSize { clients, rows }
    }

    fn to_json(&self) -> Result<serde_json::Value, String> {
        let json = guarded(|| serde_json::to_value(&self.room))?;
        json.map_err(|error| error.to_string())
    }
}
