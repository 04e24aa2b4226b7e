//! Channels with a history: events, private rooms, metadata, filters, reconnection.

use std::time::Duration;

use downbeat_core::{Component, Ctx, Leave, Reject, Replicate, Room, RoomConfig, Table};
use downbeat_schemas::id::SessionId;
use serde::{Deserialize, Serialize};

/// Lines that a newcomer still reads.
const HISTORY_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 32;
/// How long a lost connection may come back to its seat.
const HOLD: Duration = Duration::from_secs(30);

/// Which channel, and who comes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatOptions {
    /// Rooms are filtered by it: one room per channel.
    pub channel: String,
    /// What others call the client.
    pub name: String,
    /// For the creator: whether the room is found by its id only.
    pub private: bool,
}

/// Someone in the channel.
#[derive(Clone, Debug, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct Member {
    /// As chosen at the join.
    pub name: String,
    /// Whether the connection is there; a held seat is not online.
    pub online: bool,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct Line {
    /// Who said it; may have left since.
    pub from: String,
    /// What.
    pub text: String,
    /// The room's clock, milliseconds.
    pub at_ms: u64,
}

/// What a client does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChatInput {
    /// Says something to all.
    Say {
        /// At most 500 characters; a longer text is cut.
        text: String,
    },
    /// Is typing: shown to the others for a moment, not kept.
    Typing,
}

/// What happens and is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChatEvent {
    /// Someone is typing.
    Typing {
        /// Who.
        session: SessionId,
    },
}

/// One channel.
#[derive(Debug, Replicate, Serialize, Deserialize)]
pub struct Chat {
    #[sync]
    members: Table<SessionId, Member>,
    #[sync]
    history: Table<u64, Line>,
    lines: u64,
}

/// What the listing shows of a room.
#[derive(Serialize)]
struct Metadata<'a> {
    channel: &'a str,
}

impl Room for Chat {
    type Options = ChatOptions;
    type Input = ChatInput;
    type Event = ChatEvent;
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(20).clients_max(200);

    fn on_create(options: ChatOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        let channel = cut(&options.channel, NAME_CHARS_MAX);
        ctx.set_private(options.private);
        ctx.set_metadata(&Metadata { channel: &channel })?;
        Ok(Self {
            members: Table::default(),
            history: Table::default(),
            lines: 0,
        })
    }

    fn on_join(
        &mut self,
        session: SessionId,
        options: ChatOptions,
        _: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        let mut name = cut(options.name.trim(), NAME_CHARS_MAX);
        if name.is_empty() {
            name = format!("guest-{}", &session.to_string()[..4]);
        }
        self.members
            .insert(session, Member { name, online: true })?;
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: ChatInput, ctx: &mut Ctx<Self>) {
        match input {
            ChatInput::Say { text } => self.say(session, &text, ctx),
            ChatInput::Typing => ctx.broadcast_except(session, &ChatEvent::Typing { session }),
        }
    }

    fn on_drop(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        ctx.hold_seat(session, HOLD);
        self.set_online(session, false);
    }

    fn on_reconnect(&mut self, session: SessionId, _: &mut Ctx<Self>) {
        self.set_online(session, true);
    }

    fn on_leave(&mut self, session: SessionId, _: Leave, _: &mut Ctx<Self>) {
        self.members.remove(&session);
    }
}

impl Chat {
    fn say(&mut self, session: SessionId, text: &str, ctx: &Ctx<Self>) {
        let text = cut(text.trim(), TEXT_CHARS_MAX);
        let Some(member) = self.members.get(&session).filter(|_| !text.is_empty()) else {
            return;
        };
        let line = Line {
            from: member.name.clone(),
            text,
            at_ms: ctx.now().as_micros() / 1_000,
        };
        if self.history.len() == HISTORY_MAX {
            self.history.remove(&(self.lines - HISTORY_MAX as u64));
        }
        if self.history.insert(self.lines, line).is_ok() {
            self.lines += 1;
        }
    }

    fn set_online(&mut self, session: SessionId, online: bool) {
        if let Some(mut member) = self.members.get_mut(&session) {
            member.online = online;
        }
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
