//! The monitor's room under a fake clock, with a node that says what the test wants.

mod figures;
mod operators;

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;

use downbeat_core::SessionId;
use downbeat_core::host::{Action, TableDescription, surround};
use downbeat_core::testing::TestRoom;
use downbeat_schemas::id::{RoomId, ShardId};
use downbeat_schemas::rows::Value;

use super::backstage::{Backstage, Did, Later, RoomView, SharedBackstage, View};
use super::room::MonitorRoom;
use super::words::{Deed, Detail, MonitorEvent, MonitorInput, TicksDetail, TimesDetail};
use crate::capture::CapturedTick;
use crate::link::Tally;
use crate::stats::{LimitHit, Moment, Rates, ShardSight, Sight};

type Room = TestRoom<MonitorRoom>;

/// Ticks from one question to the next.
const SECOND: u32 = 10;

/// What the node would say, and what it was asked.
#[derive(Debug, Default)]
struct Node {
    view: RefCell<View>,
    /// The room that can be described.
    there: RefCell<Option<RoomId>>,
    looked_since: RefCell<Vec<u64>>,
    described: RefCell<Vec<RoomId>>,
    acted: RefCell<Vec<(RoomId, Action)>>,
    refuses: RefCell<bool>,
    recorded: RefCell<Vec<(RoomId, bool)>>,
    captures: RefCell<Vec<CapturedTick>>,
}

impl Backstage for Rc<Node> {
    fn look(&self, since: u64) -> Later<View> {
        self.looked_since.borrow_mut().push(since);
        let node = Self::clone(self);
        // As it is when the answer comes, not when it was asked for.
        Box::pin(async move { node.view.borrow().clone() })
    }

    fn describe(&self, room: RoomId) -> Later<Option<Detail>> {
        self.described.borrow_mut().push(room);
        let is_there = *self.there.borrow() == Some(room);
        Box::pin(ready(is_there.then(|| detail(room))))
    }

    fn act(&self, room: RoomId, action: Action) -> Later<bool> {
        self.acted.borrow_mut().push((room, action));
        Box::pin(ready(!*self.refuses.borrow()))
    }

    fn record(&self, room: RoomId, on: bool) -> Later<Result<(), String>> {
        self.recorded.borrow_mut().push((room, on));
        let refuses = *self.refuses.borrow();
        let refusal = || "the room is too large to be recorded".to_owned();
        Box::pin(ready(if refuses { Err(refusal()) } else { Ok(()) }))
    }

    fn captures(&self) -> Later<Option<Vec<CapturedTick>>> {
        let node = Self::clone(self);
        Box::pin(async move { Some(node.captures.borrow().clone()) })
    }

    fn slow_tick_ms(&self) -> u32 {
        20
    }
}

/// A node of this thread, and the room that asks it.
fn start() -> (Rc<Node>, Room) {
    let node = Rc::<Node>::default();
    surround::<SharedBackstage>(Rc::new(Rc::clone(&node)));
    (node, Room::new(1, ()))
}

fn room_view(number: u64) -> RoomView {
    RoomView {
        id: RoomId(number),
        name: "arena".into(),
        shard: ShardId(1),
        clients: 7,
        clients_max: 50,
        locked: false,
        private: true,
        created: Duration::from_secs(number),
        did: Some(Did {
            tally: Tally {
                spent: Duration::from_millis(20),
                worst: Duration::from_micros(1_500),
                skipped: 2,
            },
            elapsed: Duration::from_secs(1),
            is_recorded: true,
        }),
    }
}

fn sight(moments: std::ops::Range<u64>) -> Sight {
    Sight {
        uptime: Duration::from_secs(90),
        resident_bytes: 1 << 33,
        memory_limit_bytes: 1 << 34,
        open_files: 12,
        open_files_max: 1_024,
        shards: vec![ShardSight {
            shard: ShardId(1),
            silence: Duration::from_millis(300),
            rooms: 3,
            clients: 21,
            connections: 25,
            rates: Rates {
                busy: 0.5,
                ..Rates::default()
            },
        }],
        moments: moments
            .map(|number| Moment {
                number,
                ticks: 20,
                ..Moment::default()
            })
            .collect(),
        limits_hit: vec![LimitHit {
            limit: "rooms_max",
            times: 4,
            value: Some(10),
        }],
    }
}

fn detail(room: RoomId) -> Detail {
    let times = TimesDetail {
        p50: 1.0,
        p99: 2.0,
        max: 3.0,
        buckets: vec![1, 2],
    };
    Detail {
        room: room.to_string(),
        tick: 9,
        tick_hz: 20,
        clients_max: 50,
        locked: false,
        recorded: false,
        metadata: serde_json::Value::Null,
        clients: Vec::new(),
        clients_left_out: 0,
        tables: vec![TableDescription {
            name: "players".to_owned(),
            rows: 0,
            shown: Vec::new(),
        }],
        ticks: TicksDetail {
            watched_ms: 1,
            count: 3,
            duration: times.clone(),
            completion: times,
        },
    }
}

/// As the folder of a capture says it.
fn capture(number: u32, flame_graph: &serde_json::Value) -> CapturedTick {
    let tick = serde_json::json!({
        "name": "arena",
        "room": RoomId(5).to_string(),
        "shard": 1,
        "tick": 1_u64 << 40,
        "ticks_in_step": 1,
        "took_ms": 61.5,
        "parts_ms": {
            "read": 0.1, "freeze": 0.2, "inputs": 0.3, "timers": 0.4,
            "on_tick": 60.0, "encode": 0.2, "flush": 0.3,
        },
        "clients": 50,
        "rows": 51,
        "release": "0.1.0",
    });
    let capture = serde_json::json!({
        "name": format!("{number:04}-arena-tick-1"),
        "tick": tick,
        "unix_ms": 1_700_000_000_000_u64 + u64::from(number),
        "recording": { "file": "room.beat" },
        "flame_graph": flame_graph,
    });
    serde_json::from_value(capture).unwrap()
}

fn count(room: &Room, viewer: SessionId, table: &str) -> usize {
    room.view(viewer).rows(table).unwrap().len()
}

fn field(room: &Room, viewer: SessionId, table: &str, key: &Value, name: &str) -> Value {
    let view = room.view(viewer);
    let row = view.row(table, key).unwrap();
    view.field(table, row, name).unwrap().clone()
}

fn look(room: Option<RoomId>) -> MonitorInput {
    let room = room.map(|room| room.to_string());
    MonitorInput::Look { room }
}
