//! Clients of one room at many nodes hear and say the same.

use std::collections::BTreeMap;

use downbeat::{Ctx, NoOptions, Reject, Replicate, Room, RoomConfig, SessionId};
use downbeat_tests::cluster::TestCluster;
use downbeat_tests::patience::patient_limits;
use downbeat_tests::player::{Heard, Player, decode_event};
use downbeat_tests::seat;
use downbeat_tests_redis::shared;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Says to all, and to whom it was, what number came.
#[derive(Default, Replicate, Serialize, Deserialize)]
struct Echo {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    All { from: SessionId, number: u32 },
    Own { number: u32 },
}

impl Room for Echo {
    type Options = NoOptions;
    type Input = u32;
    type Event = Event;
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(50);

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self::default())
    }

    fn on_input(&mut self, from: SessionId, number: u32, ctx: &mut Ctx<Self>) {
        ctx.send(from, &Event::Own { number });
        ctx.broadcast(&Event::All { from, number });
    }
}

/// Numbers that each player says.
const NUMBERS: u32 = 400;
/// Numbers under way: fewer than a room takes of one client before a tick, which is 64.
const AHEAD: u32 = 32;

/// A player and what it heard.
struct Listener {
    player: Player,
    all: Vec<(SessionId, u32)>,
    own: Vec<u32>,
}

impl Listener {
    fn hear(&mut self) {
        match self.player.hear() {
            Heard::Event { payload, .. } => match decode_event(&payload) {
                Event::All { from, number } => self.all.push((from, number)),
                Event::Own { number } => self.own.push(number),
            },
            Heard::Closed { code, reason } => panic!("{code} {reason}"),
            _ => {}
        }
    }

    /// Says the next numbers, and waits until the room has them.
    fn say(&mut self, numbers: std::ops::Range<u32>) {
        let sent = numbers.map(|number| self.player.input(&number)).last();
        while self.player.stamp.acked_input < sent.unwrap_or(0) {
            self.hear();
        }
    }
}

#[test]
fn what_clients_of_all_nodes_say_comes_once_in_order_and_to_all() {
    let redis = shared::together();
    let cluster = TestCluster::start_with(&redis, 3, |server| {
        let mut limits = patient_limits();
        limits.message_rate_max = 1_000_000;
        server.limits(limits).room::<Echo>("echo")
    });
    let first = cluster.node(0).address();
    let room = seat::ask(first, "create", "echo", &json!({})).unwrap();
    // The seat of the first is left to expire.
    let mut listeners: Vec<Listener> = (0..6)
        .map(|number| {
            let node = cluster.node(number % 3).address();
            let seat = seat::ask(node, "joinById", &room.room_id, &json!({})).unwrap();
            Listener {
                player: Player::take(node, &seat),
                all: Vec::new(),
                own: Vec::new(),
            }
        })
        .collect();
    std::thread::scope(|scope| {
        for listener in &mut listeners {
            scope.spawn(|| {
                for start in (0..NUMBERS).step_by(AHEAD as usize) {
                    listener.say(start..(start + AHEAD).min(NUMBERS));
                }
                while listener.all.len() < 6 * NUMBERS as usize {
                    listener.hear();
                }
            });
        }
    });
    let expected: Vec<u32> = (0..NUMBERS).collect();
    for listener in &listeners {
        assert_eq!(listener.all, listeners[0].all, "all hear one order");
        assert_eq!(listener.own, expected, "each hears what is its own");
        assert_eq!(listener.player.snapshots, 1, "no word was lost");
    }
    let mut by_sender: BTreeMap<SessionId, Vec<u32>> = BTreeMap::new();
    for (from, number) in &listeners[0].all {
        by_sender.entry(*from).or_default().push(*number);
    }
    assert_eq!(by_sender.len(), 6);
    assert!(by_sender.values().all(|numbers| *numbers == expected));
}
