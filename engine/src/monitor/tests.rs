//! The monitor's room under a fake clock, with a node that says what the test wants.

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;

use downbeat_core::SessionId;
use downbeat_core::host::{Action, RoomType, TableDescription};
use downbeat_core::testing::TestRoom;
use downbeat_schemas::id::{RoomId, ShardId};
use downbeat_schemas::rows::Value;

use super::backstage::{Backstage, Did, Later, RoomView, View, set_backstage};
use super::room::MonitorRoom;
use super::words::{Deed, Detail, MonitorEvent, MonitorInput, TicksDetail, TimesDetail};
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
}

/// A node of this thread, and the room that asks it.
fn start() -> (Rc<Node>, Room) {
    let node = Rc::<Node>::default();
    set_backstage(Rc::new(Rc::clone(&node)));
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

#[test]
fn the_page_is_written_with_these_tables() {
    let types = crate::types::typescript([RoomType::new::<MonitorRoom>("monitor")].iter());
    let committed = include_str!("../../../clients/monitor/src/tables.ts");
    assert!(
        types == committed,
        "clients/monitor/src/tables.ts is to be:\n{types}"
    );
}

#[test]
fn figures_of_the_node_become_rows() {
    let (node, mut room) = start();
    *node.view.borrow_mut() = View {
        process: "n1".to_owned(),
        sight: Some(sight(1..4)),
        rooms: vec![room_view(5)],
        rooms_left_out: 3,
    };
    let ann = room.join();
    room.tick(2);
    let view = room.view(ann);
    let of_node = |name| {
        let row = view.single("node").unwrap();
        view.field("node", row, name).unwrap().clone()
    };
    assert_eq!(of_node("process"), Value::String("n1".to_owned()));
    assert_eq!(of_node("clients"), Value::Unsigned(21));
    assert_eq!(of_node("rooms_left_out"), Value::Unsigned(3));
    assert_eq!(of_node("resident_bytes"), Value::Float(8_589_934_592.0));
    assert_eq!(of_node("moment"), Value::Unsigned(3));
    let shard = |name| field(&room, ann, "shards", &Value::Unsigned(1), name);
    assert_eq!(shard("busy_permille"), Value::Unsigned(500));
    let key = Value::String(RoomId(5).to_string());
    let of_room = |name| field(&room, ann, "rooms", &key, name);
    assert_eq!(of_room("load"), Value::Unsigned(200));
    assert_eq!(of_room("worst_us"), Value::Unsigned(1_500));
    assert_eq!(of_room("private"), Value::Bool(true));
    let limit = Value::String("rooms_max".to_owned());
    let times = field(&room, ann, "limits", &limit, "times");
    assert_eq!(times, Value::Float(4.0));
    room.freeze_and_thaw();
}

#[test]
fn the_node_is_asked_once_a_second_for_what_is_new() {
    let (node, mut room) = start();
    node.view.borrow_mut().sight = Some(sight(1..301));
    let ann = room.join();
    room.tick(SECOND);
    node.view.borrow_mut().sight = Some(sight(301..311));
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "moments"), 300, "the oldest give way");
    assert!(
        room.view(ann)
            .row("moments", &Value::Unsigned(10))
            .is_none()
    );
    let asked = node.looked_since.borrow();
    assert_eq!(asked[..2], [0, 300]);
    assert!((3..=4).contains(&asked.len()), "{asked:?}");
}

#[test]
fn many_rooms_are_written_down_over_some_ticks_and_forgotten_when_they_end() {
    let (node, mut room) = start();
    node.view.borrow_mut().rooms = (1..=1_200).map(room_view).collect();
    let ann = room.join();
    room.tick(1);
    let mut seen = vec![count(&room, ann, "rooms")];
    for _ in 0..3 {
        room.tick(1);
        seen.push(count(&room, ann, "rooms"));
    }
    assert_eq!(seen, [500, 1_000, 1_200, 1_200]);
    node.view.borrow_mut().rooms = (100..=1_200).map(room_view).collect();
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "rooms"), 1_101);
    node.view.borrow_mut().rooms.clear();
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "rooms"), 0);
}

#[test]
fn a_shard_that_does_not_answer_leaves_its_rooms_as_they_were() {
    let (node, mut room) = start();
    node.view.borrow_mut().rooms = vec![room_view(5)];
    let ann = room.join();
    room.tick(2);
    let silent = RoomView {
        did: None,
        clients: 8,
        ..room_view(5)
    };
    node.view.borrow_mut().rooms = vec![silent];
    room.tick(2 * SECOND);
    let key = Value::String(RoomId(5).to_string());
    let of_room = |name| field(&room, ann, "rooms", &key, name);
    assert_eq!(of_room("clients"), Value::Unsigned(8));
    assert_eq!(of_room("load"), Value::Unsigned(200));
    assert_eq!(of_room("skipped"), Value::Unsigned(2), "not counted twice");
}

#[test]
fn a_room_is_described_to_those_who_look_and_while_they_do() {
    let (node, mut room) = start();
    *node.there.borrow_mut() = Some(RoomId(5));
    let (ann, bob, cleo) = (room.join(), room.join(), room.join());
    room.tick(SECOND);
    assert_eq!(node.described.borrow().len(), 0, "nobody looks");
    room.send(ann, &look(Some(RoomId(5))));
    room.send(bob, &look(Some(RoomId(5))));
    room.tick(2);
    let told = || vec![MonitorEvent::Room(Box::new(detail(RoomId(5))))];
    assert_eq!((room.events(ann), room.events(bob)), (told(), told()));
    assert_eq!(room.events(cleo), []);
    assert_eq!(node.described.borrow().len(), 1, "one answer serves both");
    room.tick(3 * SECOND);
    assert_eq!(node.described.borrow().len(), 4, "once a second");
    room.send(ann, &look(None));
    room.leave(bob);
    room.tick(1);
    let (asked, _) = (node.described.borrow().len(), room.events(ann));
    room.tick(3 * SECOND);
    assert_eq!(
        node.described.borrow().len(),
        asked,
        "nobody looks any more"
    );
    assert_eq!(room.events(ann), []);
}

#[test]
fn a_room_that_is_gone_is_said_to_be_once() {
    let (node, mut room) = start();
    let ann = room.join();
    room.tick(1);
    let gone = |room: RoomId| MonitorEvent::Gone {
        room: room.to_string(),
    };
    room.send(ann, &look(Some(RoomId(5))));
    room.tick(3 * SECOND);
    assert_eq!(room.events(ann), [gone(RoomId(5))]);
    assert_eq!(node.described.borrow().len(), 1);
    let nowhere = MonitorInput::Look {
        room: Some("../etc".to_owned()),
    };
    room.send(ann, &nowhere);
    room.tick(1);
    let said = MonitorEvent::Gone {
        room: "../etc".to_owned(),
    };
    assert_eq!(room.events(ann), [said]);
}

#[test]
fn what_operators_do_reaches_the_node_and_its_answer_them() {
    let (node, mut room) = start();
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    let session = SessionId(77);
    let deeds = [
        Deed::Lock,
        Deed::Unlock,
        Deed::Close,
        Deed::Kick {
            session: session.to_string(),
        },
    ];
    for (number, deed) in (1..).zip(deeds.clone()) {
        let room_name = RoomId(5).to_string();
        let act = MonitorInput::Act {
            number,
            room: room_name,
            deed,
        };
        room.send(ann, &act);
    }
    room.tick(2);
    let done = |number| MonitorEvent::Done {
        number,
        refusal: None,
    };
    assert_eq!(room.events(ann), [done(1), done(2), done(3), done(4)]);
    assert_eq!(room.events(bob), []);
    let acted = node.acted.take();
    assert!(acted.iter().all(|(room, _)| *room == RoomId(5)));
    let actions: Vec<_> = acted.into_iter().map(|(_, action)| action).collect();
    assert!(
        matches!(
            &actions[..],
            [
                Action::Lock,
                Action::Unlock,
                Action::Close { .. },
                Action::Kick { session: kicked, .. },
            ] if *kicked == session
        ),
        "{actions:?}"
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    let (node, mut room) = start();
    *node.refuses.borrow_mut() = true;
    let ann = room.join();
    room.tick(1);
    let mut check = |room_name: &str, deed: Deed, reaches_the_node: bool| {
        let act = MonitorInput::Act {
            number: 3,
            room: room_name.to_owned(),
            deed,
        };
        room.send(ann, &act);
        room.tick(2);
        let events = room.events(ann);
        let [MonitorEvent::Done { number: 3, refusal }] = &events[..] else {
            panic!("{events:?}");
        };
        assert!(refusal.as_ref().is_some_and(|why| why.len() > 10));
        assert_eq!(!node.acted.take().is_empty(), reaches_the_node);
    };
    let there = RoomId(5).to_string();
    let kick = |session: &str| Deed::Kick {
        session: session.to_owned(),
    };
    check(&there, Deed::Close, true);
    check(&there, kick(&SessionId(1).to_string()), true);
    check(&there, kick("nobody"), false);
    check("", Deed::Lock, false);
}
