//! A room with every type of field, from the welcome through each kind of patch. The messages with
//! rows are to be applied in their order.

use downbeat::{Component, GroupId, Replicate, Replicator, SessionId, Single, Table, Viewer};
use downbeat_schemas::PROTOCOL;
use downbeat_schemas::id::{ReconnectionToken, RoomId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::mirror::Mirror;
use downbeat_schemas::server::{RowsHead, ServerMessage, Stamp, Welcome};
use serde_json::json;

use crate::{Golden, json, messages};

#[derive(Component, Clone)]
struct Everything {
    flag: bool,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
    text: String,
    session: SessionId,
    array: [u16; 3],
    some: Option<i32>,
    none: Option<String>,
    nested: Nested,
    #[quantize(min = -1.0, max = 1.0, bits = 8)]
    q8: f32,
    #[quantize(min = 0.0, max = 1000.0, bits = 16)]
    q16: f32,
    #[quantize(min = 0.0, max = 1000.0, bits = 24)]
    q24: f64,
    #[quantize(min = -1000000.0, max = 1000000.0, bits = 32)]
    q32: f64,
}

#[derive(Component, Clone)]
struct Nested {
    at: [f32; 2],
    label: Option<String>,
}

#[derive(Component, Clone)]
struct Player {
    x: f32,
    y: f32,
    hp: u16,
}

#[derive(Component, Clone)]
struct Round {
    number: u16,
    title: String,
}

#[derive(Replicate)]
struct Room {
    #[sync]
    players: Table<SessionId, Player>,
    #[sync]
    things: Table<String, Everything>,
    #[sync]
    round: Single<Round>,
    #[sync]
    tiles: Table<i16, Nested>,
}

const NEAR: GroupId = GroupId(7);
const FAR: GroupId = GroupId(300);
const ANN: SessionId = SessionId(0x0123_4567_89ab_cdef);
const BOB: SessionId = SessionId(2);
const CAT: SessionId = SessionId(u64::MAX);

fn everything() -> Everything {
    Everything {
        flag: true,
        u8: u8::MAX,
        u16: 0x1234,
        u32: 0x1234_5678,
        u64: u64::MAX,
        i8: i8::MIN,
        i16: -2,
        i32: i32::MIN,
        i64: i64::MIN,
        f32: 0.1,
        f64: -1e300,
        text: String::from("grüße 🥁"),
        session: ANN,
        array: [1, 2, 0xffff],
        some: Some(-1),
        none: None,
        nested: Nested {
            at: [1.5, -2.5],
            label: Some(String::new()),
        },
        q8: 0.0,
        q16: 500.0,
        q24: 999.9,
        q32: -123_456.789,
    }
}

fn room() -> Room {
    let round = Round {
        number: 1,
        title: String::from("first"),
    };
    let mut room = Room {
        players: Table::new(),
        things: Table::new(),
        round: Single::new(round),
        tiles: Table::new(),
    };
    for (session, x) in [(ANN, 1.0), (BOB, 2.0), (CAT, 3.0)] {
        let player = Player { x, y: -x, hp: 100 };
        room.players.insert(session, player).unwrap();
    }
    room.players.place(&CAT, NEAR);
    room.things
        .insert(String::from("all"), everything())
        .unwrap();
    room.tiles.insert(-5, everything().nested).unwrap();
    room.tiles.place(&-5, FAR);
    room
}

struct Client {
    room: Room,
    replicator: Replicator,
    viewer: Viewer,
    mirror: Mirror,
    tick: u32,
}

pub(crate) fn all() -> Vec<Golden> {
    let mut replicator = Replicator::new(&Limits::default());
    let viewer = replicator.add_viewer();
    replicator.watch(viewer, NEAR).unwrap();
    let mut client = Client {
        room: room(),
        replicator,
        viewer,
        mirror: Mirror::new(Room::schema()),
        tick: 100,
    };
    vec![
        welcome(),
        client.hear("rows-0-snapshot", |_| ()),
        client.hear("rows-1-update", |client| {
            let players = &mut client.room.players;
            for (_, mut player) in players.iter_mut() {
                player.x += 0.25;
            }
            players.get_mut(&BOB).unwrap().hp = 99;
            client.room.round.number = 2;
            let mut thing = client.room.things.get_mut("all").unwrap();
            (thing.none, thing.some) = (Some(String::from("now")), None);
            thing.q16 = 1_000.0;
        }),
        client.hear("rows-2-insert", |client| {
            let (x, y, hp) = (0.0, 0.0, 1);
            let dan = SessionId(4);
            client
                .room
                .players
                .insert(dan, Player { x, y, hp })
                .unwrap();
            client
                .room
                .things
                .insert(String::new(), everything())
                .unwrap();
        }),
        client.hear("rows-3-remove", |client| {
            client.room.players.remove(&ANN);
            client.room.things.remove("all");
        }),
        client.hear("rows-4-move", |client| {
            client.room.players.place(&BOB, NEAR);
            client.room.players.place(&CAT, GroupId::EVERYONE);
        }),
        client.hear("rows-5-forget", |client| {
            client.replicator.unwatch(client.viewer, NEAR);
            client.replicator.watch(client.viewer, FAR).unwrap();
        }),
        client.hear("rows-6-snapshot", |client| {
            client.replicator.request_snapshot(client.viewer);
        }),
    ]
}

fn welcome() -> Golden {
    let welcome = Welcome {
        protocol: PROTOCOL,
        session: ANN,
        reconnection_token: ReconnectionToken(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        room: RoomId(42),
        room_name: String::from("golden"),
        tick_hz: 20,
        patch_every: 2,
        stamp: stamp(99),
        schema: Room::schema(),
    };
    let json = json!({
        "type": "Welcome",
        "protocol": PROTOCOL,
        "session": ANN.to_string(),
        "reconnection_token": welcome.reconnection_token.to_string(),
        "room_id": welcome.room.to_string(),
        "room_name": "golden",
        "tick_hz": 20,
        "patch_every": 2,
        "stamp": json::stamp(&welcome.stamp),
        "tables": Room::schema().tables.iter().map(|table| json!({
            "name": table.name,
            "keyed": table.key.is_some(),
            "fields": table.fields.iter().map(|field| &field.name).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    let message = ServerMessage::Welcome(Box::new(welcome));
    messages::server("server-welcome", message, json)
}

const fn stamp(tick: u32) -> Stamp {
    Stamp {
        server_time_us: tick as u64 * 50_000,
        tick,
        acked_input: tick / 2,
    }
}

impl Client {
    /// One tick: something happens, and the client is told.
    fn hear(&mut self, name: &'static str, happens: impl FnOnce(&mut Self)) -> Golden {
        happens(self);
        self.tick += 2;
        self.replicator.collect(&mut self.room);
        let composed = self.replicator.compose(&self.room, self.viewer).unwrap();
        let rows = composed.parts.concat();
        let mut bytes = Vec::new();
        RowsHead::new(composed.kind).write(&mut bytes, stamp(self.tick), rows.len());
        bytes.extend_from_slice(&rows);
        let sections = json::sections(&rows, &self.mirror);
        self.mirror.apply(composed.kind, &rows).unwrap();
        let json = json!({
            "type": format!("{:?}", composed.kind),
            "stamp": json::stamp(&stamp(self.tick)),
            "sections": sections,
            "tables_after": json::tables(&self.mirror),
        });
        Golden { name, bytes, json }
    }
}
