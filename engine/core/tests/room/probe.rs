//! A room that does what its clients tell it, and notes what was done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use downbeat::testing::TestRoom;
use downbeat::{
    Component, Ctx, GroupId, Leave, Reject, Replicate, Room, RoomConfig, SessionId, Single, Table,
    TimerId,
};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Player {
    pub(crate) x: f32,
    pub(crate) inputs: u32,
}

#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) value: u32,
}

#[derive(Replicate, Serialize, Deserialize)]
pub(crate) struct Probe {
    #[sync]
    pub(crate) players: Table<SessionId, Player>,
    #[sync]
    pub(crate) marks: Table<u32, Mark>,
    #[sync]
    pub(crate) total: Single<Mark>,
    pub(crate) watches: BTreeMap<SessionId, BTreeSet<GroupId>>,
    pub(crate) notes: Vec<Note>,
    timers: Vec<TimerId>,
    options: Options,
}

/// One call of a hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Note {
    Join(SessionId),
    Refuse(SessionId),
    Input(SessionId),
    Bytes(SessionId, Vec<u8>),
    Message(String, Vec<u8>),
    Drop(SessionId),
    Reconnect(SessionId),
    Leave(SessionId, String),
    Timer(u32, u64),
    Spawned(u32),
    Dispose,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Creation: how long seats are held.
    pub(crate) hold_ms: u64,
    /// Creation: the hook to panic in.
    pub(crate) panic_in: String,
    /// Creation or join: to be refused.
    pub(crate) refuse: bool,
    /// Creation: whether the room stays when it is empty.
    pub(crate) stay: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Input {
    Run {
        dx: f32,
    },
    Say(String),
    Whisper(SessionId, String),
    SayToOthers(String),
    Shout(Vec<u8>),
    Kick(SessionId),
    KickAll,
    Lock(bool),
    Private(bool),
    Metadata(String),
    ClientsMax(u32),
    After(u32),
    Every(u32),
    CancelAll,
    Mark(u32, u32),
    Erase(u32),
    Place(u32, GroupId),
    Watch(GroupId),
    Unwatch(GroupId),
    TellGroup(GroupId),
    Subscribe(u32),
    Unsubscribe(u32),
    Publish(u32, Vec<u8>),
    /// With the presence that is around.
    Count,
    Draw,
    Spawn(u32),
    SpawnPanic,
    Dispose,
    Panic,
    Deep(Vec<Self>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Hello,
    Said(SessionId, String),
    Left(SessionId),
    Timer(u32),
    Group(GroupId),
    Drawn(u32),
    Farewell,
}

impl Room for Probe {
    type Options = Options;
    type Input = Input;
    type Event = Event;
    type Timer = u32;
    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(20).clients_max(6);

    fn on_create(options: Options, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        trip(&options, "on_create");
        if options.refuse {
            return Err("not today".into());
        }
        ctx.set_auto_dispose(!options.stay);
        Ok(Self {
            players: Table::default(),
            marks: Table::default(),
            total: Single::default(),
            watches: BTreeMap::new(),
            notes: Vec::new(),
            timers: Vec::new(),
            options,
        })
    }

    fn on_join(
        &mut self,
        session: SessionId,
        options: Options,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        trip(&self.options, "on_join");
        ctx.send(session, &Event::Hello);
        if options.refuse {
            self.notes.push(Note::Refuse(session));
            return Err(Reject::new("you are not on the list"));
        }
        self.notes.push(Note::Join(session));
        self.players.insert(session, Player::default()).unwrap();
        self.watches.insert(session, BTreeSet::new());
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: Input, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_input");
        self.notes.push(Note::Input(session));
        if let Some(mut player) = self.players.get_mut(&session) {
            player.inputs += 1;
        }
        match input {
            Input::Mark(..) | Input::Erase(_) | Input::Place(..) => self.change_rows(&input),
            Input::Watch(_) | Input::Unwatch(_) => self.change_watch(session, &input, ctx),
            _ => self.act(session, input, ctx),
        }
    }

    fn on_bytes(&mut self, session: SessionId, bytes: &[u8], _ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_bytes");
        self.notes.push(Note::Bytes(session, bytes.to_vec()));
    }

    fn on_message(&mut self, topic: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_message");
        assert!(ctx.topics().any(|heard| heard == topic));
        self.notes
            .push(Note::Message(topic.to_owned(), payload.to_vec()));
        ctx.broadcast_bytes(payload);
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_tick");
        self.total.value = ctx.tick().0 as u32 / 4;
    }

    fn on_timer(&mut self, timer: u32, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_timer");
        self.notes.push(Note::Timer(timer, ctx.tick().0));
        ctx.broadcast(&Event::Timer(timer));
    }

    fn on_drop(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_drop");
        self.notes.push(Note::Drop(session));
        if self.options.hold_ms > 0 {
            ctx.hold_seat(session, Duration::from_millis(self.options.hold_ms));
        }
    }

    fn on_reconnect(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_reconnect");
        self.notes.push(Note::Reconnect(session));
        ctx.send(session, &Event::Hello);
    }

    fn on_leave(&mut self, session: SessionId, why: Leave, ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_leave");
        assert!(ctx.sessions().all(|here| here != session));
        self.notes.push(Note::Leave(session, format!("{why:?}")));
        self.players.remove(&session);
        self.watches.remove(&session);
        ctx.send(session, &Event::Farewell);
        ctx.broadcast(&Event::Left(session));
        // Too late to have an effect, for this session and for others alike.
        ctx.disconnect(session, "again");
    }

    fn on_dispose(&mut self, _ctx: &mut Ctx<Self>) {
        trip(&self.options, "on_dispose");
        self.notes.push(Note::Dispose);
    }
}

impl Probe {
    fn change_rows(&mut self, input: &Input) {
        match *input {
            Input::Mark(key, value) => {
                self.marks.insert(key, Mark { value }).unwrap();
            }
            Input::Erase(key) => {
                self.marks.remove(&key);
            }
            Input::Place(key, group) => {
                self.marks.place(&key, group);
            }
            _ => unreachable!("{input:?}"),
        }
    }

    fn change_watch(&mut self, session: SessionId, input: &Input, ctx: &mut Ctx<Self>) {
        let watches = self.watches.get_mut(&session).unwrap();
        match *input {
            Input::Watch(group) => {
                if ctx.watch(session, group).is_ok() {
                    watches.insert(group);
                }
            }
            Input::Unwatch(group) => {
                ctx.unwatch(session, group);
                watches.remove(&group);
            }
            _ => unreachable!("{input:?}"),
        }
    }

    fn act(&mut self, session: SessionId, input: Input, ctx: &mut Ctx<Self>) {
        match input {
            Input::Run { dx } => self.players.get_mut(&session).unwrap().x += dx,
            Input::Say(text) => ctx.broadcast(&Event::Said(session, text)),
            Input::Whisper(to, text) => ctx.send(to, &Event::Said(session, text)),
            Input::SayToOthers(text) => {
                ctx.broadcast_except(session, &Event::Said(session, text));
            }
            Input::Shout(bytes) => ctx.broadcast_bytes(&bytes),
            Input::Kick(whom) => ctx.disconnect(whom, "sent away"),
            Input::KickAll => {
                let all: Vec<_> = ctx.sessions().collect();
                all.into_iter()
                    .for_each(|whom| ctx.disconnect(whom, "all of you"));
            }
            Input::Lock(true) => ctx.lock(),
            Input::Lock(false) => ctx.unlock(),
            Input::Private(private) => ctx.set_private(private),
            Input::Metadata(text) => drop(ctx.set_metadata(text)),
            Input::ClientsMax(clients_max) => ctx.set_clients_max(clients_max),
            Input::After(ms) => {
                let timer = ctx.after(Duration::from_millis(ms.into()), ms);
                self.timers.push(timer);
            }
            Input::Every(ms) => {
                let timer = ctx.every(Duration::from_millis(ms.into()), ms);
                self.timers.push(timer);
            }
            Input::CancelAll => self.timers.drain(..).for_each(|timer| {
                ctx.cancel(timer);
            }),
            // Some are beyond the limit.
            Input::Subscribe(number) => drop(ctx.subscribe(&topic(number))),
            Input::Unsubscribe(number) => drop(ctx.unsubscribe(&topic(number))),
            Input::Publish(number, payload) => drop(ctx.publish(&topic(number), &payload)),
            Input::TellGroup(group) => ctx.send_group(group, &Event::Group(group)),
            Input::Draw => {
                let drawn = ctx.random_below(1_000);
                ctx.send(session, &Event::Drawn(drawn));
            }
            Input::Spawn(number) => ctx.spawn(async move { number * 2 }, |room, doubled, ctx| {
                trip(&room.options, "spawned");
                room.notes.push(Note::Spawned(doubled));
                ctx.broadcast(&Event::Timer(doubled));
            }),
            Input::Count => {
                let counted = ctx.presence().counter("counted").increment(1);
                ctx.spawn(counted, |room, counted, _| {
                    let counted = counted.unwrap_or(0) as u32;
                    room.notes.push(Note::Spawned(counted));
                });
            }
            Input::SpawnPanic => ctx.spawn(async { panic!("on purpose") }, |_, (), _| ()),
            Input::Dispose => ctx.dispose(),
            Input::Panic => panic!("on purpose"),
            Input::Deep(_) => {}
            _ => unreachable!("{input:?}"),
        }
    }
}

/// The name of a topic by its number.
pub(crate) fn topic(number: u32) -> String {
    format!("topic {number}")
}

/// Panics if this is the hook to panic in.
fn trip(options: &Options, hook: &str) {
    assert!(options.panic_in != hook, "on purpose in {hook}");
}

/// A room with these options.
pub(crate) fn probe(options: &Options) -> TestRoom<Probe> {
    quiet_panics();
    TestRoom::new(7, options)
}

/// Panics on purpose are not to be printed by the thousand; all others are.
pub(crate) fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if !text.contains("on purpose") {
                print(info);
            }
        }));
    });
}
