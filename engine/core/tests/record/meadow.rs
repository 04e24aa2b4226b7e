//! A room with chance, timers, held seats and futures, and a life for it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use downbeat::host::{
    AnyRoom, CreateParams, Outlet, Part, Reservation, RoomType, SeatIndex, Spawned,
};
use downbeat::record::{Plan, Recorded, Recorder};
use downbeat::{Component, Ctx, Leave, NoOptions, Reject, Replicate, Room, SessionId, Table};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Component, Clone, Serialize, Deserialize)]
struct Sheep {
    x: f32,
    wool: u32,
}

#[derive(Replicate, Serialize, Deserialize)]
pub(crate) struct Meadow {
    #[sync]
    sheep: Table<SessionId, Sheep>,
    beats: u64,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Input {
    Run(f32),
    Sleep,
    Shear,
    /// To be answered by a future.
    Ask,
    Howl(String),
    /// To a topic.
    Listen(bool),
    Warn,
    Panic,
}

impl Room for Meadow {
    type Options = NoOptions;
    type Input = Input;
    type Event = u32;
    type Timer = SessionId;

    fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        ctx.set_auto_dispose(false);
        Ok(Self {
            sheep: Table::default(),
            beats: 0,
            bytes: 0,
        })
    }

    fn on_join(&mut self, who: SessionId, _: NoOptions, ctx: &mut Ctx<Self>) -> Result<(), Reject> {
        let x = ctx.random_f32();
        self.sheep.insert(who, Sheep { x, wool: 0 })?;
        ctx.every(Duration::from_millis(130), who);
        Ok(())
    }

    fn on_input(&mut self, who: SessionId, input: Input, ctx: &mut Ctx<Self>) {
        let Some(mut sheep) = self.sheep.get_mut(&who) else {
            return;
        };
        match input {
            Input::Run(dx) => sheep.x += dx * ctx.dt(),
            Input::Sleep => drop(ctx.after(Duration::from_millis(70), who)),
            Input::Shear => ctx.broadcast(&std::mem::take(&mut sheep.wool)),
            Input::Ask => ctx.spawn(async { 7 }, |room, answer, _| room.beats += answer),
            Input::Howl(howl) => self.bytes += howl.len() as u64,
            Input::Listen(on) => {
                if on {
                    let _ = ctx.subscribe("wolves");
                } else {
                    ctx.unsubscribe("wolves");
                }
            }
            Input::Warn => drop(ctx.publish("wolves", &self.beats.to_le_bytes())),
            Input::Panic => panic!("a wolf"),
        }
    }

    fn on_bytes(&mut self, _: SessionId, bytes: &[u8], _: &mut Ctx<Self>) {
        self.bytes += bytes.len() as u64;
    }

    fn on_message(&mut self, topic: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
        self.bytes += topic.len() as u64 + u64::from(payload.first().copied().unwrap_or(0));
        self.bytes += u64::from(ctx.random_below(7));
    }

    fn on_tick(&mut self, _: &mut Ctx<Self>) {
        self.beats += 1;
    }

    fn on_timer(&mut self, who: SessionId, ctx: &mut Ctx<Self>) {
        let wool = ctx.random_below(10);
        if let Some(mut sheep) = self.sheep.get_mut(&who) {
            sheep.wool += wool;
        }
    }

    fn on_drop(&mut self, who: SessionId, ctx: &mut Ctx<Self>) {
        ctx.hold_seat(who, Duration::from_millis(400));
    }

    fn on_leave(&mut self, who: SessionId, _: Leave, _: &mut Ctx<Self>) {
        self.sheep.remove(&who);
    }
}

pub(crate) fn meadow() -> RoomType {
    RoomType::new::<Meadow>("meadow")
}

/// A recorded room, and the shard's part of its life.
pub(crate) struct Life {
    pub(crate) room: Recorder,
    pub(crate) files: BTreeMap<u32, Vec<u8>>,
    pub(crate) now: Timestamp,
    pub(crate) plan: Plan,
    /// Whether its clients ask what only a future can answer.
    pub(crate) asks: bool,
    seats: BTreeMap<ConnectionId, (SessionId, SeatIndex)>,
    lost: Vec<SessionId>,
    drawn: u64,
    spawned: Vec<Spawned>,
    dice: u64,
}

impl Life {
    pub(crate) fn new(seed: u64, bytes_max: u64) -> Self {
        let limits = Arc::new(Limits {
            seat_reservation_ms: 300,
            inbox_per_client_max: 5,
            ..Limits::default()
        });
        // The clock of a node that has run for a while.
        let now = Timestamp(5_000_000_123);
        let params = CreateParams {
            room: RoomId(11),
            options: json!({}),
            seed,
            limits: limits.clone(),
            now,
            first_deadline: Timestamp(now.0 + 17_000_000),
        };
        let plan = Plan {
            release: "1.2.3".to_owned(),
            room_name: "meadow".to_owned(),
            tick_hz: 20,
            limits,
            bytes_max,
        };
        let mut room = Recorder::new(meadow().create(params).unwrap());
        room.start(plan.clone(), now);
        Self {
            room,
            plan,
            asks: true,
            files: BTreeMap::new(),
            now,
            seats: BTreeMap::new(),
            lost: Vec::new(),
            drawn: 0,
            spawned: Vec::new(),
            dice: seed,
        }
    }

    /// Lives through so many steps; each client does something in each.
    pub(crate) fn live(&mut self, steps: u32) {
        for _ in 0..steps {
            if self.roll(3) == 0 && self.seats.len() < 12 {
                self.join();
            }
            for connection in self.seats.keys().copied().collect::<Vec<_>>() {
                self.act(connection);
            }
            self.step();
        }
    }

    pub(crate) fn join(&mut self) -> ConnectionId {
        let (session, token) = (
            SessionId(self.draw()),
            ReconnectionToken(u128::from(self.drawn)),
        );
        let reservation = Reservation {
            session,
            token,
            options: json!({ "level": self.drawn }),
            auth: self.drawn.is_multiple_of(2).then(|| json!("someone")),
        };
        self.room.reserve(self.now, reservation).unwrap();
        let connection = ConnectionId(self.draw());
        if self.roll(10) > 0 {
            let seat = self.room.connect(self.now, session, connection).unwrap();
            self.seats.insert(connection, (session, seat));
        }
        connection
    }

    pub(crate) fn send(&mut self, connection: ConnectionId, input: &Input) {
        let payload = rmp_serde::to_vec_named(input).unwrap();
        let (_, seat) = self.seats[&connection];
        let (seq, payload) = (self.draw() as u32, &payload[..]);
        let message = ClientMessage::Input { seq, payload };
        self.room.receive(self.now, seat, message);
    }

    fn act(&mut self, connection: ConnectionId) {
        let (session, seat) = self.seats[&connection];
        let now = self.now;
        match self.roll(44) {
            40 => self.send(connection, &Input::Listen(true)),
            41 => self.send(connection, &Input::Warn),
            42 => {
                let payload = self.draw().to_le_bytes();
                self.room.hear(now, "wolves", &payload);
            }
            43 => {
                let on = self.roll(4) > 0;
                self.send(connection, &Input::Listen(on));
            }
            0 => {
                self.room.disconnect(now, seat, false);
                self.seats.remove(&connection);
                self.lost.push(session);
            }
            1 => {
                self.room.receive(now, seat, ClientMessage::Leave);
            }
            2 => self.room.pause(seat),
            3 => self.room.resync(seat),
            4 if self.asks => self.send(connection, &Input::Ask),
            5 => self.reconnect(),
            6 => self.flood(seat),
            7 => self.rebind(connection),
            8..14 => self.send(connection, &Input::Sleep),
            14..20 => self.send(connection, &Input::Shear),
            dx => self.send(connection, &Input::Run(dx as f32 / 7.0)),
        }
    }

    /// More than the inbox takes, and what no room takes.
    fn flood(&mut self, seat: SeatIndex) {
        for seq in 0..9 {
            let payload = &[0xc1; 3];
            self.room
                .receive(self.now, seat, ClientMessage::Raw { seq, payload });
            self.room
                .receive(self.now, seat, ClientMessage::Input { seq, payload });
        }
    }

    fn rebind(&mut self, connection: ConnectionId) {
        let other = ConnectionId(self.draw());
        if let Some((session, seat)) = self.seats.remove(&connection) {
            self.room.rebind(seat, other);
            self.seats.insert(other, (session, seat));
        }
    }

    fn reconnect(&mut self) {
        let Some(session) = self.lost.pop() else {
            return;
        };
        let (connection, next) = (
            ConnectionId(self.draw()),
            ReconnectionToken(u128::from(self.draw())),
        );
        // The token is the number drawn right after the session's; after one return it is another.
        let token = ReconnectionToken(u128::from(session.0));
        let room = &mut self.room;
        if let Ok(seat) = room.reconnect(self.now, session, token, next, connection) {
            self.seats.insert(connection, (session, seat));
        }
        self.flush();
    }

    /// The next tick, most often on time.
    pub(crate) fn step(&mut self) {
        let late_ms = match self.roll(20) {
            0 => 800,
            1 => 130,
            _ => self.roll(3),
        };
        let deadline = self.room.deadline();
        if deadline != Timestamp::NEVER {
            self.now = deadline.after(Duration::from_millis(late_ms));
        }
        self.poll_spawned();
        self.room.step(self.now);
        self.flush();
    }

    fn flush(&mut self) {
        let mut closed = Closed(Vec::new(), Vec::new());
        self.room.flush(self.now, &mut closed);
        for connection in closed.0 {
            self.seats.remove(&connection);
        }
        // It may hear its own.
        for (topic, payload) in closed.1 {
            self.room.hear(self.now, &topic, &payload);
        }
        self.spawned.append(&mut self.room.take_spawned());
        self.take_files();
    }

    /// A future ends some steps after it began.
    fn poll_spawned(&mut self) {
        if self.roll(4) > 0 {
            return;
        }
        let mut context = Context::from_waker(Waker::noop());
        for mut spawned in std::mem::take(&mut self.spawned) {
            let Poll::Ready(finished) = Pin::new(&mut spawned).poll(&mut context) else {
                panic!("futures of this room are ready");
            };
            self.room.finish_spawned(finished);
        }
    }

    pub(crate) fn take_files(&mut self) {
        for Recorded { part, bytes, .. } in self.room.take_recorded() {
            self.files.entry(part).or_default().extend(bytes);
        }
    }

    pub(crate) fn shut_down(&mut self) {
        self.room.shut_down(self.now);
        self.flush();
    }

    const fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// A number below `n`. Knuth's MMIX generator.
    const fn roll(&mut self, n: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005);
        self.dice = self.dice.wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % n
    }
}

/// Connections that were closed, and messages that were published.
struct Closed(Vec<ConnectionId>, Vec<(String, Vec<u8>)>);

impl Outlet for Closed {
    fn send(&mut self, _: ConnectionId, _: &[Part<'_>]) {}

    fn publish(&mut self, topic: &str, payload: &[u8]) {
        self.1.push((topic.to_owned(), payload.to_vec()));
    }

    fn close(&mut self, to: ConnectionId, _: CloseCode, _: &str) {
        self.0.push(to);
    }
}
