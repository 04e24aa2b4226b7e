//! A room in its steady state takes no memory: not per client, not per input, not per tick.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

use std::alloc::System;
use std::sync::Arc;

use downbeat::host::{AnyRoom, CreateParams, Outlet, Part, Reservation, RoomType, SeatIndex};
use downbeat::{Component, Ctx, NoOptions, Reject, Replicate, Room, SessionId, Table};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Component, Clone, PartialEq, Serialize, Deserialize)]
struct Player {
    x: f32,
}

#[derive(Replicate, Serialize, Deserialize)]
struct Arena {
    #[sync]
    players: Table<SessionId, Player>,
}

#[derive(Serialize, Deserialize)]
enum Input {
    Run { dx: f32 },
}

#[derive(Serialize)]
enum Event {
    Ran(SessionId),
}

impl Room for Arena {
    type Options = NoOptions;
    type Input = Input;
    type Event = Event;
    type Timer = ();

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        let players = Table::default();
        Ok(Self { players })
    }

    fn on_join(&mut self, who: SessionId, _: NoOptions, _: &mut Ctx<Self>) -> Result<(), Reject> {
        self.players.insert(who, Player { x: 0.0 }).unwrap();
        Ok(())
    }

    fn on_input(&mut self, who: SessionId, input: Input, ctx: &mut Ctx<Self>) {
        let Input::Run { dx } = input;
        self.players.get_mut(&who).unwrap().x += dx;
        ctx.send(who, &Event::Ran(who));
    }
}

/// Hears everything and keeps the number of bytes.
struct Listener(usize);

impl Outlet for Listener {
    fn send(&mut self, _: ConnectionId, parts: &[Part<'_>]) {
        self.0 += parts.iter().map(|part| part.bytes().len()).sum::<usize>();
    }

    fn publish(&mut self, _: &str, payload: &[u8]) {
        self.0 += payload.len();
    }

    fn close(&mut self, to: ConnectionId, code: CloseCode, _: &str) {
        panic!("{to} was closed with {code}");
    }
}

fn room_with(clients: u64) -> (Box<dyn AnyRoom>, Vec<SeatIndex>) {
    let params = CreateParams {
        room: RoomId(1),
        options: serde_json::json!({}),
        seed: 7,
        limits: Arc::new(Limits::default()),
        now: Timestamp(0),
        first_deadline: Timestamp(0),
    };
    let mut room = RoomType::new::<Arena>("arena").create(params).unwrap();
    let seats = (0..clients).map(|number| {
        let session = SessionId(number);
        let reservation = Reservation {
            session,
            token: ReconnectionToken(number.into()),
            options: serde_json::json!({}),
            auth: None,
        };
        room.reserve(Timestamp(0), reservation).unwrap();
        let connection = ConnectionId(number);
        room.connect(Timestamp(0), session, connection).unwrap()
    });
    let seats = seats.collect();
    (room, seats)
}

#[test]
fn a_busy_room_takes_no_memory() {
    let (mut room, seats) = room_with(50);
    let payload = rmp_serde::to_vec_named(&Input::Run { dx: 0.5 }).unwrap();
    let mut listener = Listener(0);
    let mut run = |ticks: u32| {
        for seq in 0..ticks {
            let now = room.deadline();
            for seat in &seats {
                let payload = &payload;
                room.receive(now, *seat, ClientMessage::Input { seq, payload });
            }
            room.step(now);
            room.flush(now, &mut listener);
        }
    };
    run(20);
    let region = Region::new(ALLOCATOR);
    run(100);
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0));
    assert!(listener.0 > 100 * 50 * 50, "and it did speak");
}
