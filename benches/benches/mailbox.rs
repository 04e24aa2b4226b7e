//! What does an input cost on its way through the mailbox, and from there to its hook?

// The derives name the facade's crate; here that is the core.
extern crate downbeat_core as downbeat;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use downbeat_core::host::{
    AnyRoom, CreateParams, Outlet, Part, Received, Reservation, RoomType, SeatIndex,
};
use downbeat_core::{Ctx, NoOptions, Reject, Replicate, Room, SessionId};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Each sends one input per tick.
const CLIENTS: u64 = 50;
/// `{"move": {"dx": 1.0, "dy": 1.0}}` as MessagePack.
const MOVE: &[u8] = b"\x81\xa4move\x82\xa2dx\xca\x3f\x80\x00\x00\xa2dy\xca\x3f\x80\x00\x00";

fn mailbox(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mailbox");
    group.throughput(Throughput::Elements(CLIENTS));
    group.bench_function("in: decode, quota, queue", |bencher| {
        let mut match_ = Match::new();
        bencher.iter_custom(|ticks| (0..ticks).map(|_| match_.tick().0).sum());
    });
    group.bench_function("out: a tick of 50 inputs that change nothing", |bencher| {
        let mut match_ = Match::new();
        bencher.iter_custom(|ticks| (0..ticks).map(|_| match_.tick().1).sum());
    });
}

/// A room without state: what is left is the way to its hooks.
#[derive(Replicate, Serialize, Deserialize)]
struct Steps {
    sum: f32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Input {
    Move { dx: f32, dy: f32 },
}

impl Room for Steps {
    type Options = NoOptions;
    type Input = Input;
    type Event = ();
    type Timer = ();

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self { sum: 0.0 })
    }

    fn on_input(&mut self, _: SessionId, Input::Move { dx, dy }: Input, _: &mut Ctx<Self>) {
        self.sum += dx + dy;
    }
}

struct Match {
    room: Box<dyn AnyRoom>,
    seats: Vec<SeatIndex>,
    seq: u32,
}

impl Match {
    fn new() -> Self {
        let params = CreateParams {
            room: RoomId(1),
            options: serde_json::json!({}),
            seed: 7,
            limits: Arc::new(Limits::default()),
            now: Timestamp(0),
            first_deadline: Timestamp(0),
        };
        let room = RoomType::new::<Steps>("steps").create(params);
        let mut room = room.expect("the room takes these options");
        let seats = (0..CLIENTS).map(|number| seat(&mut *room, number));
        let mut this = Self {
            seats: seats.collect(),
            room,
            seq: 0,
        };
        // All join.
        this.tick();
        this
    }

    /// How long the inputs took to come in, and to be handed to the room with the rest of a tick.
    fn tick(&mut self) -> (Duration, Duration) {
        let now = self.room.deadline();
        let (seq, payload) = (self.seq, MOVE);
        self.seq += 1;
        let start = Instant::now();
        for seat in &self.seats {
            let message = ClientMessage::Input { seq, payload };
            let received = self.room.receive(now, *seat, message);
            assert!(matches!(received, Received::Queued), "{received:?}");
        }
        let queued = start.elapsed();
        let start = Instant::now();
        self.room.step(now);
        let stepped = start.elapsed();
        self.room.flush(now, &mut Deaf);
        (queued, stepped)
    }
}

fn seat(room: &mut dyn AnyRoom, number: u64) -> SeatIndex {
    let session = SessionId(number);
    let reservation = Reservation {
        session,
        token: ReconnectionToken(number.into()),
        options: serde_json::json!({}),
        auth: None,
    };
    let reserved = room.reserve(Timestamp(0), reservation);
    reserved.expect("there is a seat");
    let seat = room.connect(Timestamp(0), session, ConnectionId(number));
    seat.expect("the seat is reserved")
}

/// Hears nothing.
struct Deaf;

impl Outlet for Deaf {
    fn send(&mut self, _: ConnectionId, _: &[Part<'_>]) {}

    fn publish(&mut self, _: &str, _: &[u8]) {}

    fn close(&mut self, to: ConnectionId, code: CloseCode, _: &str) {
        panic!("{to} was closed with {code}");
    }
}

criterion_group!(benches, mailbox);
criterion_main!(benches);
