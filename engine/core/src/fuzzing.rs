//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.

use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::time::{Tick, Timestamp};
use serde::{Deserialize, Serialize};

use crate::host::{CreateParams, NoStopwatch, RoomType};
use crate::record::{Damage, Ending, Entry, Plan, Recording, Replay, Tape};
use crate::{Ctx, NoOptions, Reject, Replicate, Replicated, Room};

/// A room without rows that counts what came to it.
#[derive(Default, Serialize, Deserialize)]
struct Counting {
    inputs: u64,
    bytes: u64,
}

impl Replicate for Counting {
    fn schema() -> StateSchema {
        StateSchema::default()
    }

    fn tables(&self) -> usize {
        0
    }

    fn table(&self, index: usize) -> &dyn Replicated {
        panic!("there is no table {index}")
    }

    fn table_mut(&mut self, index: usize) -> &mut dyn Replicated {
        panic!("there is no table {index}")
    }
}

impl Room for Counting {
    type Options = NoOptions;
    type Input = u64;
    type Event = ();
    type Timer = ();

    fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        ctx.set_auto_dispose(false);
        ctx.subscribe("news")?;
        Ok(Self::default())
    }

    fn on_input(&mut self, _: crate::SessionId, input: u64, _: &mut Ctx<Self>) {
        self.inputs = self.inputs.wrapping_add(input);
    }

    fn on_message(&mut self, _: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
        self.bytes = self.bytes.wrapping_add(payload.len() as u64);
        if payload.is_empty() {
            ctx.unsubscribe("news");
        }
    }

    fn on_bytes(&mut self, _: crate::SessionId, bytes: &[u8], _: &mut Ctx<Self>) {
        self.bytes = self.bytes.wrapping_add(bytes.len() as u64);
    }
}

/// Reads any bytes as a recording, and as the entries of one, and replays it: what is read survives
/// being written anew, and nothing in a file makes a room panic.
pub fn recording(input: &[u8]) {
    run(input);
    let room_type = RoomType::new::<Counting>("counting");
    let (limits, now) = (Arc::new(Limits::default()), Timestamp(0));
    let params = CreateParams {
        room: RoomId(1),
        options: serde_json::Value::Null,
        seed: 1,
        limits: limits.clone(),
        now,
        first_deadline: now,
    };
    let room = room_type.create(params);
    let room = room.expect("the room takes any options");
    let plan = Plan {
        release: String::new(),
        room_name: room_type.name().to_owned(),
        tick_hz: room_type.tick_hz(),
        limits,
        bytes_max: u64::MAX,
    };
    // Whole blocks around any entries: no fuzzer finds a checksum.
    let start = room.freeze(now).expect("a new room can be frozen");
    let mut tape = Tape::new(&plan.label(&*room, 1, now, Tick(0)), &start);
    tape.push_raw(input);
    tape.end(Ending::RoomEnded);
    run(&tape.take());
}

fn run(file: &[u8]) {
    let Ok(recording) = Recording::read(file) else {
        return;
    };
    let mut tape = Tape::new(recording.label(), recording.start());
    let entries: Vec<Entry<'_>> = recording.entries().map_while(Result::ok).collect();
    entries.iter().for_each(|entry| tape.push(entry));
    let again = tape.take();
    let again = Recording::read(&again).expect("what was read survives being written");
    let mut found = again.entries();
    assert!(
        entries
            .into_iter()
            .map(Ok)
            .eq(found.by_ref().take_while(|e| *e != Err(Damage::NoEnd)))
    );
    let room_type = RoomType::new::<Counting>("counting");
    if let Ok(mut replay) = Replay::new(&recording, &room_type) {
        // It ends with the file, wherever it differs.
        while let Ok(Some(_)) = replay.next(&mut NoStopwatch) {}
    }
}
