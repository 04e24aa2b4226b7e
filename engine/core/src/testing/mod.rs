//! A room under a fake clock: no socket, no sleep.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use downbeat_presence::Presence;
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::mirror::Mirror;
use downbeat_schemas::server::{RowsKind, ServerMessage};
use downbeat_schemas::time::Timestamp;
use flatbuffers::FlatBufferBuilder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::around::{Around, Hearing};
use self::client::{Clients, TestClient};
use crate::host::{
    AnyRoom, ConnectError, Counters, CreateError, CreateParams, Received, Reservation,
    ReserveError, RoomState, RoomSummary, Spawned, Stepped, ThawParams,
};
use crate::room::Room;
use crate::room_core::RoomCore;

mod around;
mod client;

/// One room with its clients, for the tests of a game.
///
/// Clients are what the outside is in production: what one of them does takes effect with the next
/// [`tick`](Self::tick). After each call the room's own invariants are checked. Around it is an
/// embedded presence under the same fake clock; rooms [beside](Self::beside) each other share it,
/// and hear each other's topics.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::{Ctx, NoOptions, Reject, Replicate, Room, SessionId};
/// # #[derive(Replicate, serde::Serialize, serde::Deserialize)]
/// # struct Chat {}
/// # impl Room for Chat {
/// #     type Options = NoOptions;
/// #     type Input = String;
/// #     type Event = String;
/// #     type Timer = ();
/// #     fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> { Ok(Self {}) }
/// #     fn on_input(&mut self, _: SessionId, line: String, ctx: &mut Ctx<Self>) {
/// #         ctx.broadcast(&line);
/// #     }
/// # }
/// use downbeat::testing::TestRoom;
///
/// let mut room = TestRoom::<Chat>::new(7, ());
/// let (ann, bob) = (room.join(), room.join());
/// room.tick(1);
/// room.send(ann, &"hello".to_owned());
/// room.tick(1);
/// assert_eq!(room.events(bob), ["hello"]);
/// ```
pub struct TestRoom<R: Room> {
    core: RoomCore<R>,
    limits: Arc<Limits>,
    now: Timestamp,
    clients: Clients,
    spawned: Vec<Spawned>,
    around: Around,
    hearing: Hearing,
    builder: FlatBufferBuilder<'static>,
}

/// The name of the type of all test rooms.
const NAME: &str = "test";

impl<R: Room> TestRoom<R> {
    /// A new room with default limits.
    ///
    /// # Panics
    /// If the options do not fit, or `on_create` refuses or panics.
    pub fn new(seed: u64, options: impl Serialize) -> Self {
        let created = Self::create(seed, options, Limits::default());
        created.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A new room.
    ///
    /// # Errors
    /// [`CreateError`] if the options do not fit, or `on_create` refuses or panics.
    pub fn create(seed: u64, options: impl Serialize, limits: Limits) -> Result<Self, CreateError> {
        let around = Around::new(&limits);
        Self::create_in(around, Timestamp(0), seed, options, Arc::new(limits))
    }

    /// A room on the same node, with the same limits: it shares this one's [`Presence`], hears what
    /// this one publishes, and begins at this one's time.
    ///
    /// # Panics
    /// If the options do not fit, or `on_create` refuses or panics.
    pub fn beside<Other: Room>(&self, seed: u64, options: impl Serialize) -> TestRoom<Other> {
        let (around, limits) = (self.around.clone(), self.limits.clone());
        let created = TestRoom::create_in(around, self.now, seed, options, limits);
        created.unwrap_or_else(|error| panic!("{error}"))
    }

    fn create_in(
        around: Around,
        now: Timestamp,
        seed: u64,
        options: impl Serialize,
        limits: Arc<Limits>,
    ) -> Result<Self, CreateError> {
        let params = CreateParams {
            room: around.draw_room(),
            options: json(options),
            seed,
            limits: limits.clone(),
            now,
            first_deadline: now,
        };
        let created = around.run(now, || RoomCore::create(&NAME.into(), params));
        let mut room = Self {
            core: created?,
            limits,
            now,
            clients: Clients::default(),
            spawned: Vec::new(),
            around,
            hearing: Hearing::default(),
            builder: FlatBufferBuilder::new(),
        };
        room.settle();
        Ok(room)
    }

    /// What the room's hooks have as [`Ctx::presence`](crate::Ctx::presence): for a test to look
    /// into, to publish and to hear. It answers at once.
    ///
    /// ```
    /// # extern crate downbeat_core as downbeat;
    /// # use downbeat::{Ctx, NoOptions, Reject, Replicate, Room};
    /// # #[derive(Replicate, serde::Serialize, serde::Deserialize)]
    /// # struct Gate {}
    /// # impl Room for Gate {
    /// #     type Options = NoOptions;
    /// #     type Input = ();
    /// #     type Event = ();
    /// #     type Timer = ();
    /// #     fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
    /// #         ctx.spawn(ctx.presence().counter("gates").increment(1), |_, _, _| ());
    /// #         Ok(Self {})
    /// #     }
    /// # }
    /// use downbeat::presence::testing::answer;
    /// use downbeat::testing::TestRoom;
    ///
    /// // Each gate counts itself.
    /// let mut gate = TestRoom::<Gate>::new(7, ());
    /// gate.tick(1);
    /// assert_eq!(answer(gate.presence().counter("gates").value()), Ok(1));
    /// ```
    pub fn presence(&self) -> Presence {
        self.around.presence.clone()
    }

    /// A client takes a seat; its options are the empty object.
    ///
    /// # Panics
    /// If the room takes nobody now.
    pub fn join(&mut self) -> SessionId {
        let joined = self.join_with(Value::Object(Map::new()), None);
        joined.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A client takes a seat with options, and with what `on_auth` returned.
    ///
    /// # Errors
    /// [`ReserveError`] if the room takes nobody now, or the options are not its own.
    pub fn join_with(
        &mut self,
        options: impl Serialize,
        auth: Option<Value>,
    ) -> Result<SessionId, ReserveError> {
        let session = self.reserve(options, auth)?;
        let claimed = self.claim(session);
        claimed.expect("a seat that was reserved at this moment can be claimed");
        Ok(session)
    }

    /// Reserves a seat and does not claim it.
    ///
    /// # Errors
    /// [`ReserveError`] if the room takes nobody now, or the options are not its own.
    pub fn reserve(
        &mut self,
        options: impl Serialize,
        auth: Option<Value>,
    ) -> Result<SessionId, ReserveError> {
        let session = self.clients.draw_session();
        let reservation = Reservation {
            session,
            token: self.clients.draw_token(),
            options: json(options),
            auth,
        };
        self.core.reserve(self.now, reservation)?;
        self.core.invariants();
        Ok(session)
    }

    /// Claims a reserved seat.
    ///
    /// # Errors
    /// [`ConnectError`] if there is none, or no longer.
    pub fn claim(&mut self, session: SessionId) -> Result<(), ConnectError> {
        let connection = self.clients.draw_connection();
        let seat = self.core.connect(self.now, session, connection)?;
        self.clients.connected(session, connection, seat);
        self.settle();
        Ok(())
    }

    /// A client sends an input.
    pub fn send(&mut self, from: SessionId, input: &R::Input) -> Received {
        let payload = rmp_serde::to_vec_named(input);
        let payload = payload.expect("an input is plain data, which MessagePack can hold");
        let seq = self.clients.draw_seq(from);
        self.send_message(
            from,
            ClientMessage::Input {
                seq,
                payload: &payload,
            },
        )
    }

    /// A client sends bytes of the game's own format.
    pub fn send_bytes(&mut self, from: SessionId, payload: &[u8]) -> Received {
        let seq = self.clients.draw_seq(from);
        self.send_message(from, ClientMessage::Raw { seq, payload })
    }

    /// A client sends any message: it goes through its bytes, as on a wire. Ignored from one that
    /// has no connection.
    pub fn send_message(&mut self, from: SessionId, message: ClientMessage<'_>) -> Received {
        let Some(seat) = self.clients.seat(from) else {
            return Received::Ignored;
        };
        let bytes = message.encode(&mut self.builder);
        let message = ClientMessage::decode(bytes);
        let message = message.expect("what was encoded decodes");
        let received = self.core.receive(self.now, seat, message);
        self.settle();
        received
    }

    /// A client leaves for good.
    pub fn leave(&mut self, session: SessionId) {
        self.send_message(session, ClientMessage::Leave);
    }

    /// A client's connection is lost.
    pub fn drop_connection(&mut self, session: SessionId) {
        if let Some(seat) = self.clients.disconnected(session) {
            self.core.disconnect(self.now, seat, false);
            self.settle();
        }
    }

    /// A client comes back with the token of its latest Welcome.
    ///
    /// # Errors
    /// [`ConnectError`] if its seat is not there any more.
    pub fn reconnect(&mut self, session: SessionId) -> Result<(), ConnectError> {
        let token = self.client(session).token();
        let token = token.ok_or(ConnectError::NoSeat(session))?;
        let (next, connection) = (self.clients.draw_token(), self.clients.draw_connection());
        let core = &mut self.core;
        let seat = core.reconnect(self.now, session, token, next, connection)?;
        self.clients.connected(session, connection, seat);
        self.settle();
        Ok(())
    }

    /// Runs ticks, each at its time, and hands out what they say.
    pub fn tick(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.step_late(0);
        }
    }

    /// Runs the next tick too late by so many periods: the room catches up, or skips.
    pub fn step_late(&mut self, periods: u32) -> Stepped {
        self.poll_spawned();
        let late_ns = u64::from(periods) * 1_000_000_000 / u64::from(R::CONFIG.tick_hz);
        if self.core.deadline() != Timestamp::NEVER {
            self.now = Timestamp(self.core.deadline().0 + late_ns);
        }
        self.hearing.bring(&mut self.core, self.now);
        let (core, now) = (&mut self.core, self.now);
        let stepped = self.around.run(now, || core.step(now));
        self.settle();
        stepped
    }

    /// The server stops.
    pub fn shut_down(&mut self) {
        let (core, now) = (&mut self.core, self.now);
        self.around.run(now, || core.shut_down(now));
        self.settle();
    }

    /// Puts a twin, made from the room's bytes, in its place.
    ///
    /// # Panics
    /// If the room cannot be frozen or thawed, or the twin's bytes are others.
    pub fn freeze_and_thaw(&mut self) {
        let bytes = self.freeze();
        let params = ThawParams {
            limits: self.limits.clone(),
            now: self.now,
        };
        let twin = RoomCore::from_bytes(&NAME.into(), &bytes, params);
        self.core = twin.unwrap_or_else(|error| panic!("{error}"));
        self.core.invariants();
        assert!(
            self.freeze() == bytes,
            "a thawed room freezes to the same bytes"
        );
        self.hearing.follow(&mut self.core, &self.around.presence);
    }

    /// The room as bytes.
    ///
    /// # Panics
    /// If the room cannot be frozen.
    pub fn freeze(&self) -> Vec<u8> {
        let bytes = self.core.freeze(self.now);
        bytes.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The game's state.
    pub const fn state(&self) -> &R {
        self.core.room()
    }

    /// Whether the room goes on.
    pub fn room_state(&self) -> &RoomState {
        self.core.state()
    }

    /// The time on the fake clock.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What matchmaking would be told, if it changed since the last call.
    pub fn summary(&mut self) -> Option<RoomSummary> {
        self.core.summary()
    }

    /// The counts since the last call.
    pub fn take_counters(&mut self) -> Counters {
        self.core.take_counters()
    }

    /// The room as a shard sees it. What it says then is handed out with the next tick.
    pub fn any(&mut self) -> &mut dyn AnyRoom {
        &mut self.core
    }

    /// The events that a client got since the last call.
    ///
    /// # Panics
    /// If an event does not survive its bytes.
    pub fn events(&mut self, session: SessionId) -> Vec<R::Event>
    where
        R::Event: DeserializeOwned,
    {
        let events = self.clients.take_events(session);
        let decode = |payload: Vec<u8>| rmp_serde::from_slice(&payload);
        let events: Result<Vec<_>, _> = events.into_iter().map(decode).collect();
        events.expect("an event survives its bytes")
    }

    /// What a client sees: the tables of the room as its snapshots and patches told them.
    ///
    /// # Panics
    /// If there never was such a client, or it was never welcomed.
    pub fn view(&self, session: SessionId) -> &Mirror {
        let view = self.client(session).view();
        view.expect("a client sees when it was welcomed: run a tick")
    }

    /// What a client was told, and how its connection ended.
    ///
    /// # Panics
    /// If there never was such a client.
    pub fn client(&self, session: SessionId) -> &TestClient {
        self.clients.client(session)
    }

    fn settle(&mut self) {
        self.core.flush(self.now, &mut self.clients);
        self.spawned.append(&mut self.core.take_spawned());
        let presence = &self.around.presence;
        for (topic, payload) in self.clients.take_published() {
            let told = presence.tell(&topic, &payload);
            told.expect("the room checked what it publishes");
        }
        self.hearing.follow(&mut self.core, presence);
        self.core.invariants();
    }

    fn poll_spawned(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        let core = &mut self.core;
        self.spawned.retain_mut(|spawned| {
            let polled = Pin::new(spawned).poll(&mut context);
            let Poll::Ready(finished) = polled else {
                return true;
            };
            core.finish_spawned(finished);
            false
        });
    }
}

fn json(options: impl Serialize) -> Value {
    serde_json::to_value(options).expect("options are plain data, which JSON can hold")
}

impl<R: Room> std::fmt::Debug for TestRoom<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestRoom")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
