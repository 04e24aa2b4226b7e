//! A room that listens to topics and says what it hears.

use downbeat::{Ctx, NoOptions, Reject, Replicate, Room, RoomConfig, SessionId};
use serde::{Deserialize, Serialize};

use crate::player::Player;

/// A room that says what it hears.
#[derive(Debug, Default, Replicate, Serialize, Deserialize)]
pub struct Hall {}

/// What a client wants of it.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named like what they do")]
pub enum Input {
    Listen(String),
    Ignore(String),
    Call(String, String),
    /// To be counted among all who were, on all shards.
    Count,
    Nothing,
}

/// What everyone hears.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named like what happened")]
pub enum Event {
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

/// Whatever the room was told before is in effect: its shard has looked at it after that tick.
pub fn settle(player: &mut Player) {
    player.apply(&Input::Nothing);
}

/// Has the room listen to a topic.
pub fn listen(player: &mut Player, topic: &str) {
    player.apply(&Input::Listen(topic.to_owned()));
    settle(player);
}

/// Not waited for: what the player hears meanwhile is not to be lost.
pub fn call(player: &mut Player, topic: &str, words: &str) {
    player.input(&Input::Call(topic.to_owned(), words.to_owned()));
}

/// The words of so many messages.
pub fn heard(player: &mut Player, count: usize) -> Vec<String> {
    let next = |_| {
        player.wait_for_event(|event| match event {
            Event::Heard(_, words) => Some(words),
            Event::Counted(_) => None,
        })
    };
    (0..count).map(next).collect()
}
