//! Lobbies under a fake clock.

use std::rc::Rc;

use downbeat_cluster::{Filter, Location, Registry, RoomRecord};
use downbeat_core::SessionId;
use downbeat_core::testing::TestRoom;
use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::rows::Value as Field;
use downbeat_schemas::time::Timestamp;
use serde_json::{Value, json};

use super::Lobby;
use crate::surroundings::fake::Fake;

/// Ticks from a change to its patch.
const TOLD: u32 = 3;

fn start(limits: Limits) -> Rc<Fake> {
    Fake::surround(None, limits)
}

fn lobby(options: &Value) -> (TestRoom<Lobby>, SessionId) {
    let mut room = TestRoom::<Lobby>::new(1, options);
    let viewer = room.join_with(options, None).unwrap();
    room.tick(TOLD);
    (room, viewer)
}

fn record(room: u64, name: &str, metadata: Value) -> RoomRecord {
    RoomRecord {
        room: RoomId(room),
        name: name.into(),
        location: Location {
            node: NodeId(3),
            shard: ShardId(0),
        },
        epoch: Epoch::FIRST,
        clients: 1,
        clients_max: 4,
        locked: false,
        private: false,
        metadata,
        filter: Filter::default(),
        created_at: Timestamp(room),
        public_address: None,
    }
}

impl Fake {
    fn publish(&self, record: RoomRecord) {
        self.registry.publish(record, Vec::new(), None);
    }

    fn arena(&self, room: u64) {
        self.publish(record(room, "arena", Value::Null));
    }
}

/// The rooms that the viewer sees.
fn check(room: &TestRoom<Lobby>, viewer: SessionId, expected: &[u64]) {
    let rows = room.view(viewer).rows("rooms").unwrap().values();
    let mut seen: Vec<_> = rows.map(|row| row.key.clone().unwrap()).collect();
    seen.sort_by_key(|key| format!("{key:?}"));
    let expected = expected
        .iter()
        .map(|room| Field::String(RoomId(*room).to_string()));
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

fn field(room: &TestRoom<Lobby>, viewer: SessionId, of: u64, name: &str) -> Field {
    let view = room.view(viewer);
    let key = Field::String(RoomId(of).to_string());
    let row = view.row("rooms", &key).unwrap();
    view.field("rooms", row, name).unwrap().clone()
}

#[test]
fn rooms_come_change_and_go() {
    let fake = start(Limits::default());
    fake.arena(1);
    let (mut room, ann) = lobby(&json!({}));
    check(&room, ann, &[1]);
    fake.arena(2);
    fake.publish(RoomRecord {
        clients: 4,
        locked: true,
        ..record(1, "arena", json!({ "map": "dust" }))
    });
    room.tick(TOLD);
    check(&room, ann, &[1, 2]);
    assert_eq!(field(&room, ann, 1, "clients"), Field::Unsigned(4));
    assert_eq!(field(&room, ann, 1, "max_clients"), Field::Unsigned(4));
    assert_eq!(field(&room, ann, 1, "locked"), Field::Bool(true));
    let metadata = Field::String(r#"{"map":"dust"}"#.to_owned());
    assert_eq!(field(&room, ann, 1, "metadata"), metadata);
    fake.registry.withdraw(RoomId(1));
    room.tick(TOLD);
    check(&room, ann, &[2]);
}

#[test]
fn what_is_private_or_not_to_play_in_is_not_shown() {
    let fake = start(Limits::default());
    fake.publish(RoomRecord {
        private: true,
        ..record(1, "arena", Value::Null)
    });
    fake.publish(record(2, "queue", Value::Null));
    // Test rooms are of this type: a lobby shows no lobby.
    fake.publish(record(3, "test", Value::Null));
    let (mut room, ann) = lobby(&json!({}));
    check(&room, ann, &[]);
    fake.arena(1);
    room.tick(TOLD);
    check(&room, ann, &[1]);
}

#[test]
fn a_filter_takes_a_name_and_metadata() {
    let fake = start(Limits::default());
    fake.publish(record(1, "arena", json!({ "mode": "duo", "map": "dust" })));
    fake.publish(record(2, "arena", json!({ "mode": 2 })));
    fake.publish(record(3, "chat", json!({ "mode": "duo" })));
    let shown = |filter: Value, expected: &[u64]| {
        let (room, ann) = lobby(&json!({ "filter": filter }));
        check(&room, ann, expected);
    };
    shown(json!({}), &[1, 2, 3]);
    shown(json!({ "name": "arena" }), &[1, 2]);
    shown(json!({ "metadata": { "mode": "duo" } }), &[1, 3]);
    shown(
        json!({ "name": "arena", "metadata": { "mode": 2.0 } }),
        &[2],
    );
    shown(json!({ "metadata": { "mode": "duo", "map": "ice" } }), &[]);
}

#[test]
fn a_room_that_does_not_fit_any_more_goes() {
    let fake = start(Limits::default());
    fake.publish(record(1, "arena", json!({ "mode": "duo" })));
    let (mut room, ann) = lobby(&json!({ "filter": { "metadata": { "mode": "duo" } } }));
    check(&room, ann, &[1]);
    fake.publish(record(1, "arena", json!({ "mode": "solo" })));
    room.tick(TOLD);
    check(&room, ann, &[]);
}

#[test]
fn beyond_the_limit_rooms_are_left_out_until_others_end() {
    let fake = start(Limits {
        lobby_rooms_max: 2,
        ..Limits::default()
    });
    (1..=4).for_each(|room| fake.arena(room));
    let (mut room, ann) = lobby(&json!({}));
    check(&room, ann, &[1, 2]);
    assert_eq!(room.state().status.left_out, 2);
    fake.registry.withdraw(RoomId(1));
    fake.registry.withdraw(RoomId(4));
    room.tick(TOLD);
    check(&room, ann, &[2, 3]);
    assert_eq!(room.state().status.left_out, 0);
}

#[test]
fn thousands_of_rooms_are_written_over_some_ticks() {
    let fake = start(Limits::default());
    (0..1_000).for_each(|room| fake.arena(room));
    let mut room = TestRoom::<Lobby>::new(1, json!({}));
    let ann = room.join();
    // Asked, told and begun, gone on with.
    for expected in [0, 500, 1_000] {
        room.tick(1);
        assert_eq!(room.view(ann).rows("rooms").unwrap().len(), expected);
    }
}

#[test]
fn a_lobby_that_moves_is_told_all_anew() {
    let fake = start(Limits::default());
    (1..=3).for_each(|room| fake.arena(room));
    let (mut room, ann) = lobby(&json!({}));
    room.freeze_and_thaw();
    fake.registry.withdraw(RoomId(2));
    fake.arena(4);
    room.tick(TOLD);
    check(&room, ann, &[1, 3, 4]);
}

#[test]
fn there_are_so_many_lobbies_on_a_node() {
    let limits = Limits {
        lobbies_max: 1,
        ..Limits::default()
    };
    let fake = start(limits.clone());
    let (_room, _) = lobby(&json!({}));
    let error = TestRoom::<Lobby>::create(1, json!({}), limits).unwrap_err();
    assert!(error.to_string().contains("lobbies_max"), "{error}");
    assert_eq!(fake.registry.counts().lobbies_refused, 1);
}

#[test]
fn who_has_another_filter_is_not_let_in() {
    start(Limits::default());
    let (mut room, _) = lobby(&json!({}));
    let options = json!({ "filter": { "name": "arena" } });
    let bob = room.join_with(options, None).unwrap();
    room.tick(1);
    let (_, reason) = room.client(bob).closed().unwrap();
    assert!(reason.contains("RoomDefinition::lobby"), "{reason}");
}
