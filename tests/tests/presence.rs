//! What rooms and programs of one server tell each other.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use downbeat::presence::testing::answer;
use downbeat::presence::{PresenceError, Subscription};
use downbeat::{CpuChoice, Ctx, NoOptions, Reject, Replicate, Room, RoomConfig, SessionId};
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::server::TestServer;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A room that says what it hears.
#[derive(Default, Replicate, Serialize, Deserialize)]
struct Hall {}

#[derive(Serialize, Deserialize)]
enum Input {
    Listen(String),
    Ignore(String),
    Call(String, String),
    /// To be counted among all who were, on all shards.
    Count,
    Nothing,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Heard(String, String),
    Counted(i64),
}

impl Room for Hall {
    type Options = NoOptions;
    type Input = Input;
    type Event = Event;
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(50);

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self::default())
    }

    fn on_input(&mut self, _: SessionId, input: Input, ctx: &mut Ctx<Self>) {
        match input {
            Input::Listen(topic) => ctx.subscribe(&topic).unwrap(),
            Input::Ignore(topic) => assert!(ctx.unsubscribe(&topic)),
            Input::Call(topic, words) => ctx.publish(&topic, words.as_bytes()).unwrap(),
            Input::Count => {
                let counted = ctx.presence().counter("counted").increment(1);
                ctx.spawn(counted, |_, counted, ctx| {
                    ctx.broadcast(&Event::Counted(counted.unwrap()));
                });
            }
            Input::Nothing => {}
        }
    }

    fn on_message(&mut self, topic: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
        let words = String::from_utf8(payload.to_vec()).unwrap();
        ctx.broadcast(&Event::Heard(topic.to_owned(), words));
    }
}

/// Two shards, and a hall on each.
fn two_halls() -> (TestServer, [Player; 2]) {
    let server = TestServer::with(|server| server.cpus(CpuChoice::First(2)).room::<Hall>("hall"));
    let players = [0; 2].map(|_| Player::create(&server, "hall", &json!({})));
    let shards = players
        .each_ref()
        .map(|player| server.listing(&player.seat.room_id).unwrap()["shard"].as_u64());
    assert_ne!(shards[0], shards[1], "the second goes to the idle shard");
    (server, players)
}

/// Whatever the room was told before is in effect: its shard has looked at it after that tick.
fn settle(player: &mut Player) {
    player.apply(&Input::Nothing);
}

fn listen(player: &mut Player, topic: &str) {
    player.apply(&Input::Listen(topic.to_owned()));
    settle(player);
}

/// Not waited for: what the player hears meanwhile is not to be lost.
fn call(player: &mut Player, topic: &str, words: &str) {
    player.input(&Input::Call(topic.to_owned(), words.to_owned()));
}

/// The words of so many messages.
fn heard(player: &mut Player, count: usize) -> Vec<String> {
    let next = |_| {
        player.wait_for_event(|event| match event {
            Event::Heard(_, words) => Some(words),
            Event::Counted(_) => None,
        })
    };
    (0..count).map(next).collect()
}

fn next_words(subscription: &mut Subscription) -> String {
    let mut message = None;
    eventually("a message comes", || {
        message = subscription.try_next();
        message.is_some()
    });
    let payload = message.unwrap().payload;
    String::from_utf8(payload.to_vec()).unwrap()
}

#[test]
fn rooms_of_two_shards_and_a_program_hear_each_other_once() {
    let (server, [mut ann, mut bob]) = two_halls();
    let presence = server.running().presence();
    let mut program = answer(presence.subscribe("news")).unwrap();
    listen(&mut ann, "news");
    listen(&mut bob, "news");
    call(&mut ann, "news", "from ann");
    // Each sees an order of its own; what comes twice or not at all shows.
    for player in [&mut ann, &mut bob] {
        assert_eq!(heard(player, 1), ["from ann"]);
    }
    call(&mut bob, "news", "from bob");
    call(&mut bob, "other news", "for nobody");
    for player in [&mut ann, &mut bob] {
        assert_eq!(heard(player, 1), ["from bob"]);
    }
    presence.tell("news", b"from the program").unwrap();
    for player in [&mut ann, &mut bob] {
        assert_eq!(heard(player, 1), ["from the program"]);
    }
    for words in ["from ann", "from bob", "from the program"] {
        assert_eq!(next_words(&mut program), words);
    }
    assert_eq!(program.try_next(), None);
    server.wait_for_metrics("messages are counted", |metrics| {
        metrics.sum("downbeat_topic_messages_total", &[("room", "hall")]) >= 6.0
            && metrics.sum("downbeat_published_total", &[("room", "hall")]) >= 3.0
    });
}

#[test]
fn who_ignores_a_topic_or_has_ended_hears_nothing_of_it() {
    let (server, [mut ann, mut bob]) = two_halls();
    let presence = server.running().presence();
    for player in [&mut ann, &mut bob] {
        listen(player, "news");
        listen(player, "weather");
    }
    ann.apply(&Input::Ignore("news".to_owned()));
    settle(&mut ann);
    presence.tell("news", b"the king is dead").unwrap();
    presence.tell("weather", b"rain").unwrap();
    assert_eq!(heard(&mut bob, 2), ["the king is dead", "rain"]);
    assert_eq!(heard(&mut ann, 1), ["rain"]);
    let room = bob.seat.room_id.clone();
    bob.leave();
    server.wait_for_end(&room);
    presence.tell("news", b"long live the king").unwrap();
    presence.tell("weather", b"sun").unwrap();
    assert_eq!(heard(&mut ann, 1), ["sun"]);
}

#[test]
fn rooms_of_all_shards_count_together() {
    let (server, players) = two_halls();
    let counted = |player: &mut Player| {
        player.input(&Input::Count);
        player.wait_for_event(|event| match event {
            Event::Counted(number) => Some(number),
            Event::Heard(..) => None,
        })
    };
    let [mut ann, mut bob] = players;
    assert_eq!(counted(&mut ann), 1);
    assert_eq!(counted(&mut bob), 2);
    assert_eq!(counted(&mut ann), 3);
    let counter = server.running().presence().counter("counted");
    assert_eq!(answer(counter.value()), Ok(3));
}

#[test]
fn a_flood_of_a_topic_is_dropped_and_counted_and_the_server_goes_on() {
    let server = TestServer::with(|server| {
        let limits = downbeat::limits::Limits {
            topic_messages_max: 16,
            ..downbeat_tests::patience::patient_limits()
        };
        server.limits(limits).room::<Hall>("hall")
    });
    let presence = server.running().presence();
    let mut ann = Player::create(&server, "hall", &json!({}));
    listen(&mut ann, "flood");
    for number in 0..10_000 {
        let words = number.to_string();
        presence.tell("flood", words.as_bytes()).unwrap();
    }
    assert_eq!(heard(&mut ann, 1), ["0"]);
    server.wait_for_metrics("what was dropped is counted", |metrics| {
        let limit = [("limit", "topic_messages_max")];
        metrics.sum("downbeat_limit_hits_total", &limit) > 0.0
    });
    settle(&mut ann);
    let too_long = "x".repeat(257);
    assert!(presence.tell(&too_long, b"").is_err());
    server.wait_for_metrics("so is what is too long", |metrics| {
        let limit = [("limit", "presence_key_bytes_max")];
        metrics.sum("downbeat_limit_hits_total", &limit) >= 1.0
    });
}

#[test]
fn subscriptions_end_with_the_server() {
    let server = TestServer::new();
    let presence = server.running().presence();
    let mut program = answer(presence.subscribe("news")).unwrap();
    presence.tell("news", b"last words").unwrap();
    server.stop();
    assert_eq!(&*answer(program.next()).unwrap().payload, b"last words");
    assert_eq!(answer(program.next()), None);
    let error = answer(presence.counter("wins").value()).unwrap_err();
    assert!(matches!(error, PresenceError::Unavailable(_)), "{error}");
}
