//! The room that operators join.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use downbeat_core::host::Action;
use downbeat_core::{
    Component, Ctx, Key, Leave, NoOptions, Reject, Replicate, Room, RoomConfig, Single, Table,
};
use downbeat_schemas::id::{RoomId, SessionId};
use serde::{Deserialize, Serialize};

use super::backstage::{Did, RoomView, View, backstage};
use super::looks::Looks;
use super::rows::{LimitRow, MomentRow, NodeRow, RoomRow, ShardRow, whole};
use super::words::{Deed, Detail, MonitorEvent, MonitorInput};
use crate::stats::Sight;

/// How often the node is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long an operator whose connection was lost finds everything as it was.
const HOLD: Duration = Duration::from_secs(10);
/// Operators at a time.
const OPERATORS_MAX: u32 = 64;
/// Rooms whose rows are written in one tick: thousands at once would hold up the games of the shard.
const ROOMS_PER_TICK: usize = 500;
/// Moments that are shown, as many as the clerk keeps.
const MOMENTS_MAX: u32 = 300;
/// What clients of games are told.
const KICKED: &str = "an operator sent you away";
const CLOSED: &str = "an operator closed the room";

/// Figures of the node as tables, filled once a second.
#[derive(Debug, Default, Replicate, Serialize, Deserialize)]
pub(super) struct MonitorRoom {
    #[sync]
    node: Single<NodeRow>,
    #[sync]
    shards: Table<u16, ShardRow>,
    #[sync]
    moments: Table<u32, MomentRow>,
    #[sync]
    rooms: Table<String, RoomRow>,
    #[sync]
    limits: Table<String, LimitRow>,
    looks: Looks,
    /// Whether the node was asked and has not answered.
    is_asked: bool,
    /// Rooms that were told of and are not written down yet.
    #[serde(skip)]
    told: VecDeque<RoomView>,
    /// When each room in the table was last written down, by the number of the view.
    written: BTreeMap<RoomId, u32>,
    views: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum MonitorTimer {
    Ask,
}

impl Room for MonitorRoom {
    type Options = NoOptions;
    type Input = MonitorInput;
    type Event = MonitorEvent;
    type Timer = MonitorTimer;

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(10).clients_max(OPERATORS_MAX);

    fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        ctx.every(EVERY, MonitorTimer::Ask);
        let mut room = Self::default();
        env!("CARGO_PKG_VERSION").clone_into(&mut room.node.version);
        room.ask(ctx);
        Ok(room)
    }

    fn on_input(&mut self, operator: SessionId, input: MonitorInput, ctx: &mut Ctx<Self>) {
        match input {
            MonitorInput::Look { room } => self.look(operator, room.as_deref(), ctx),
            MonitorInput::Act { number, room, deed } => act(operator, number, &room, deed, ctx),
        }
    }

    fn on_timer(&mut self, MonitorTimer::Ask: MonitorTimer, ctx: &mut Ctx<Self>) {
        self.ask(ctx);
        self.ask_for_rooms(ctx);
    }

    fn on_tick(&mut self, _: &mut Ctx<Self>) {
        let next = self.told.len().min(ROOMS_PER_TICK);
        for view in self.told.drain(..next).collect::<Vec<_>>() {
            self.write_room(&view);
        }
        if next > 0 && self.told.is_empty() {
            self.remove_ended_rooms();
        }
    }

    fn on_drop(&mut self, operator: SessionId, ctx: &mut Ctx<Self>) {
        ctx.hold_seat(operator, HOLD);
    }

    fn on_leave(&mut self, operator: SessionId, _: Leave, _: &mut Ctx<Self>) {
        self.looks.end(operator);
    }
}

/// What the node tells.
impl MonitorRoom {
    fn ask(&mut self, ctx: &mut Ctx<Self>) {
        let Some(backstage) = backstage().filter(|_| !self.is_asked) else {
            return;
        };
        self.is_asked = true;
        let view = backstage.look(u64::from(self.node.moment));
        ctx.spawn(view, |room, view, _| {
            room.is_asked = false;
            room.take(view);
        });
    }

    fn take(&mut self, view: View) {
        self.node.process = view.process;
        self.node.rooms_left_out = whole(view.rooms_left_out);
        if let Some(sight) = &view.sight {
            self.node.take(sight);
            self.take_sight(sight);
        }
        self.views += 1;
        self.told = view.rooms.into();
        if self.told.is_empty() {
            self.remove_ended_rooms();
        }
    }

    fn take_sight(&mut self, sight: &Sight) {
        for shard in &sight.shards {
            put(&mut self.shards, shard.shard.0, shard.into());
        }
        for moment in &sight.moments {
            put(&mut self.moments, whole(moment.number), moment.into());
        }
        let newest = self.node.moment;
        let old = self.moments.iter().map(|(number, _)| *number);
        let old = old.filter(|number| number + MOMENTS_MAX <= newest);
        for number in old.collect::<Vec<_>>() {
            self.moments.remove(&number);
        }
        for hit in &sight.limits_hit {
            let row = LimitRow {
                times: hit.times as f64,
                value: hit.value.unwrap_or(0) as f64,
            };
            put(&mut self.limits, hit.limit.to_owned(), row);
        }
    }

    fn write_room(&mut self, view: &RoomView) {
        let key = view.id.to_string();
        let mut row = self.rooms.get(&key).cloned().unwrap_or_default();
        row.take(view);
        put(&mut self.rooms, key, row);
        self.written.insert(view.id, self.views);
    }

    /// Those that the present view did not tell of.
    fn remove_ended_rooms(&mut self) {
        let (views, rooms) = (self.views, &mut self.rooms);
        self.written.retain(|room, written| {
            let is_there = *written == views;
            if !is_there {
                rooms.remove(&room.to_string());
            }
            is_there
        });
    }
}

/// What operators want.
impl MonitorRoom {
    fn look(&mut self, operator: SessionId, room: Option<&str>, ctx: &mut Ctx<Self>) {
        if let Some(group) = self.looks.end(operator) {
            ctx.unwatch(operator, group);
        }
        let Some(name) = room else { return };
        let Ok(id) = name.parse() else {
            let room = name.to_owned();
            return ctx.send(operator, &MonitorEvent::Gone { room });
        };
        let group = self.looks.begin(operator, id);
        // One group at a time, and of a limit far above the number of operators.
        if ctx.watch(operator, group).is_ok() {
            self.ask_for_rooms(ctx);
        }
    }

    fn ask_for_rooms(&mut self, ctx: &mut Ctx<Self>) {
        let Some(backstage) = backstage() else { return };
        for id in self.looks.ask() {
            ctx.spawn(backstage.describe(id), move |room, detail, ctx| {
                room.looks.answered(id);
                room.tell_of(id, detail, ctx);
            });
        }
    }

    fn tell_of(&mut self, id: RoomId, detail: Option<Detail>, ctx: &mut Ctx<Self>) {
        let Some(group) = self.looks.group(id) else {
            return;
        };
        match detail {
            Some(detail) => ctx.send_group(group, &MonitorEvent::Room(Box::new(detail))),
            None => {
                let room = id.to_string();
                ctx.send_group(group, &MonitorEvent::Gone { room });
                for viewer in self.looks.forget(id) {
                    ctx.unwatch(viewer, group);
                }
            }
        }
    }
}

fn act(operator: SessionId, number: u32, room: &str, deed: Deed, ctx: &mut Ctx<MonitorRoom>) {
    let done = move |refusal: Option<&str>, ctx: &mut Ctx<MonitorRoom>| {
        let refusal = refusal.map(str::to_owned);
        ctx.send(operator, &MonitorEvent::Done { number, refusal });
    };
    let (Some(backstage), Ok(id), Some(action)) = (backstage(), room.parse(), action(&deed)) else {
        return done(Some("there is no such room or session"), ctx);
    };
    tracing::info!(%operator, room, ?deed, "an operator acts");
    ctx.spawn(backstage.act(id, action), move |monitor, is_done, ctx| {
        let refusal = (!is_done).then(|| refusal_of(&deed));
        done(refusal, ctx);
        monitor.ask_for_rooms(ctx);
    });
}

/// None if the session is none.
fn action(deed: &Deed) -> Option<Action> {
    Some(match deed {
        Deed::Lock => Action::Lock,
        Deed::Unlock => Action::Unlock,
        Deed::Close => Action::Close {
            reason: CLOSED.to_owned(),
        },
        Deed::Kick { session } => Action::Kick {
            session: session.parse().ok()?,
            reason: KICKED.to_owned(),
        },
    })
}

const fn refusal_of(deed: &Deed) -> &'static str {
    match deed {
        Deed::Kick { .. } => "this client is not in the room any more, or not yet",
        Deed::Lock | Deed::Unlock | Deed::Close => "the room is gone, or its shard does not answer",
    }
}

impl RoomRow {
    fn take(&mut self, view: &RoomView) {
        if *self.name != *view.name {
            (*view.name).clone_into(&mut self.name);
        }
        self.shard = view.shard.0;
        self.clients = view.clients;
        self.clients_max = view.clients_max;
        self.locked = view.locked;
        self.private = view.private;
        self.created_s = whole(view.created.as_secs());
        if let Some(Did { tally, elapsed }) = view.did {
            let part = tally.spent.as_secs_f64() / elapsed.as_secs_f64().max(f64::EPSILON);
            self.load = (part * 10_000.0).round().min(10_000.0) as u16;
            self.worst_us = whole(tally.worst.as_micros());
            self.skipped = self.skipped.saturating_add(whole(tally.skipped));
        }
    }
}

/// Writes a row, if the table has room for it: `rows_max` is counted where it is hit.
fn put<K: Key, C: Component>(table: &mut Table<K, C>, key: K, row: C) {
    let _ = table.insert(key, row);
}
