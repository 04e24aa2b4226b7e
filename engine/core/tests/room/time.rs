//! Ticks, timers, futures, and rooms that go on elsewhere.

use std::sync::Arc;

use downbeat::host::{
    AnyRoom, CreateParams, FreezeError, Outlet, Part, RoomType, Stepped, ThawError, ThawParams,
};
use downbeat::testing::TestRoom;
use downbeat::{Ctx, NoOptions, Reject, Replicate, Room, RoomConfig, Single};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::rows::Value;
use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

use crate::probe::{Input, Mark, Note, Options, Probe, probe};

/// Hears and keeps nothing.
struct Deaf;

impl Outlet for Deaf {
    fn send(&mut self, _: ConnectionId, _: &[Part<'_>]) {}
    fn publish(&mut self, _: &str, _: &[u8]) {}
    fn close(&mut self, _: ConnectionId, _: CloseCode, _: &str) {}
}

fn room_type() -> RoomType {
    RoomType::new::<Probe>("probe")
}

/// A room whose clock starts at 1,000 ms and whose first tick is due at 1,020 ms.
fn new_room() -> Box<dyn AnyRoom> {
    let params = CreateParams {
        room: RoomId(5),
        options: serde_json::json!({ "stay": true }),
        seed: 7,
        limits: Arc::new(Limits::default()),
        now: ms(1_000),
        first_deadline: ms(1_020),
    };
    room_type().create(params).unwrap()
}

fn ms(ms: u64) -> Timestamp {
    Timestamp(ms * 1_000_000)
}

/// Steps a room at a time and compares what it did: first tick, ticks run, ticks skipped, the next
/// deadline in ms.
fn check(room: &mut dyn AnyRoom, at_ms: u64, expected: (u64, u32, u64, u64)) -> Stepped {
    let stepped = room.step(ms(at_ms));
    room.flush(ms(at_ms), &mut Deaf);
    let Tick(first) = stepped.first;
    let deadline_ms = room.deadline().0 / 1_000_000;
    let found = (first, stepped.ran, stepped.skipped, deadline_ms);
    assert_eq!(found, expected, "at {at_ms} ms");
    stepped
}

#[test]
fn deadlines_are_never_rebased() {
    let mut room = new_room();
    assert_eq!(room.deadline(), ms(1_020));
    check(&mut *room, 1_019, (1, 0, 0, 1_020));
    check(&mut *room, 1_020, (1, 1, 0, 1_070));
    check(&mut *room, 1_069, (2, 0, 0, 1_070));
    // Late, but not by a period: the next deadline does not move.
    check(&mut *room, 1_119, (2, 1, 0, 1_120));
    check(&mut *room, 1_120, (3, 1, 0, 1_170));
    // Late by periods: they are run at once.
    let stepped = check(&mut *room, 1_300, (4, 3, 0, 1_320));
    let starts: Vec<_> = stepped.starts().collect();
    assert_eq!(starts, [ms(1_170), ms(1_220), ms(1_270)]);
    // Late by more than five: what is later is skipped, and counted.
    let stepped = check(&mut *room, 2_000, (7, 5, 9, 2_020));
    assert_eq!(stepped.starts().last(), Some(ms(1_520)));
    check(&mut *room, 2_020, (21, 1, 0, 2_070));
    let counters = room.take_counters();
    assert_eq!((counters.ticks, counters.ticks_skipped), (12, 9));
}

#[test]
fn a_room_goes_on_in_its_own_time_wherever_it_is_thawed() {
    for thawed_at_ms in [0, 3, 1_100, 1 << 40] {
        let mut room = new_room();
        check(&mut *room, 1_090, (1, 2, 0, 1_120));
        let bytes = room.freeze(ms(1_100)).unwrap();
        let params = ThawParams {
            limits: Arc::new(Limits::default()),
            now: ms(thawed_at_ms),
        };
        let mut twin = room_type().thaw(&bytes, params).unwrap();
        assert_eq!(twin.room_id(), RoomId(5));
        assert_eq!(twin.deadline(), ms(thawed_at_ms + 20));
        let at = thawed_at_ms + 25;
        check(&mut *twin, at, (3, 1, 0, thawed_at_ms + 70));
        check(&mut *room, 1_125, (3, 1, 0, 1_170));
        let twin_bytes = twin.freeze(ms(at)).unwrap();
        assert!(twin_bytes == room.freeze(ms(1_125)).unwrap());
    }
}

#[test]
fn only_frozen_rooms_of_the_same_type_are_thawed() {
    let params = || ThawParams {
        limits: Arc::new(Limits::default()),
        now: ms(0),
    };
    let bytes = new_room().freeze(ms(1_000)).unwrap();
    let other = RoomType::new::<Probe>("other");
    let wrong = other.thaw(&bytes, params()).err();
    assert!(
        matches!(wrong, Some(ThawError::WrongType { .. })),
        "{wrong:?}"
    );
    for len in 0..bytes.len() {
        let cut = room_type().thaw(&bytes[..len], params()).err();
        assert!(
            matches!(cut, Some(ThawError::Malformed(_))),
            "{len}: {cut:?}"
        );
    }
}

#[test]
fn a_room_is_not_frozen_in_the_middle_of_something() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.send(ann, &Input::Spawn(21));
    room.tick(1);
    let now = room.now();
    assert_eq!(room.any().freeze(now), Err(FreezeError::Spawned(1)));
    room.tick(1);
    assert!(room.any().freeze(now).is_ok());
    let now = room.any().deadline();
    room.any().step(now);
    assert_eq!(room.any().freeze(now), Err(FreezeError::Unflushed));
}

#[test]
fn a_spawned_future_comes_back() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    room.send(ann, &Input::Spawn(21));
    room.tick(1);
    assert!(!room.state().notes.contains(&Note::Spawned(42)));
    room.tick(1);
    assert!(room.state().notes.contains(&Note::Spawned(42)));
}

#[test]
fn timers_fire_in_the_tick_that_starts_after_them() {
    let mut room = probe(&Options::default());
    let ann = room.join();
    for input in [
        Input::After(100),
        Input::After(120),
        Input::Every(150),
        Input::After(0),
    ] {
        room.send(ann, &input);
    }
    room.tick(12);
    let notes = room.state().notes.iter();
    let fired: Vec<_> = notes
        .filter_map(|note| match note {
            Note::Timer(ms, tick) => Some((*ms, *tick)),
            _ => None,
        })
        .collect();
    let expected = [(0, 1), (100, 3), (120, 4), (150, 4), (150, 7), (150, 10)];
    assert_eq!(fired, expected);
}

#[test]
fn a_frozen_room_keeps_its_timers_and_its_luck() {
    let day = |freezes: bool| {
        let mut room = probe(&Options::default());
        let ann = room.join();
        room.send(ann, &Input::Every(70));
        let mut events = Vec::new();
        for _ in 0..20 {
            room.send(ann, &Input::Draw);
            if freezes {
                room.freeze_and_thaw();
            }
            room.tick(1);
            events.extend(room.events(ann));
        }
        events
    };
    assert_eq!(day(false), day(true));
}

/// A room that counts its ticks and tells only now and then.
#[derive(Replicate, Serialize, Deserialize)]
struct Counter {
    #[sync]
    ticks: Single<Mark>,
}

impl Room for Counter {
    type Options = NoOptions;
    type Input = ();
    type Event = ();
    type Timer = ();
    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(50).patch_every(4);

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        let ticks = Single::default();
        Ok(Self { ticks })
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        assert_eq!(ctx.dt(), 0.02);
        assert_eq!(ctx.now(), ms(20 * (ctx.tick().0 - 1)));
        self.ticks.value = ctx.tick().0 as u32;
    }
}

#[test]
fn a_patch_goes_out_every_so_many_ticks_skipped_or_not() {
    let mut room = TestRoom::<Counter>::new(7, ());
    let ann = room.join();
    let mut told = Vec::new();
    // The eighth step is late by eight ticks: 8 to 12 run, 13 to 16 are skipped, and the patch of
    // tick 16 goes out with 17.
    for step in 1..=12 {
        room.step_late(if step == 8 { 8 } else { 0 });
        if let Some(row) = room.view(ann).single("ticks") {
            told.push(row.fields[0].clone());
        }
    }
    told.dedup();
    let expected = [4, 12, 17, 20].map(Value::Unsigned);
    assert_eq!(told, expected);
}
