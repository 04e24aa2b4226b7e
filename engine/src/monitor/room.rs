//! The room that operators join.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use downbeat_core::host::around;
use downbeat_core::{
    Component, Ctx, Key, Leave, NoOptions, Reject, Replicate, Room, RoomConfig, Single, Table,
};
use downbeat_schemas::id::{RoomId, SessionId};
use serde::{Deserialize, Serialize};

use super::backstage::{RoomView, SharedBackstage, View};
use super::deeds::begin;
use super::looks::Looks;
use super::rows::{CaptureRow, LimitRow, MomentRow, NodeRow, RoomRow, ShardRow, whole};
use super::words::{Deed, Detail, MonitorEvent, MonitorInput};
use crate::capture::CapturedTick;
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
/// How often the folder of captures is looked at.
const CAPTURES_EVERY: Duration = Duration::from_secs(5);
/// Captures that are shown: the newest.
const CAPTURES_MAX: usize = 100;
/// Deeds of operators that wait for shards. Beyond, they are refused.
pub(super) const DEEDS_MAX: u16 = 32;
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
    #[sync]
    captures: Table<String, CaptureRow>,
    looks: Looks,
    /// What operators want and the node has not answered.
    deeds: u16,
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
    AskForCaptures,
}

impl Room for MonitorRoom {
    type Options = NoOptions;
    type Input = MonitorInput;
    type Event = MonitorEvent;
    type Timer = MonitorTimer;

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(10).clients_max(OPERATORS_MAX);

    fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        ctx.every(EVERY, MonitorTimer::Ask);
        ctx.every(CAPTURES_EVERY, MonitorTimer::AskForCaptures);
        let mut room = Self::default();
        env!("CARGO_PKG_VERSION").clone_into(&mut room.node.version);
        room.ask(ctx);
        room.ask_for_captures(ctx);
        Ok(room)
    }

    fn on_input(&mut self, operator: SessionId, input: MonitorInput, ctx: &mut Ctx<Self>) {
        match input {
            MonitorInput::Look { room } => self.look(operator, room.as_deref(), ctx),
            MonitorInput::Act { number, room, deed } => {
                self.act(operator, number, &room, &deed, ctx);
            }
        }
    }

    fn on_timer(&mut self, timer: MonitorTimer, ctx: &mut Ctx<Self>) {
        match timer {
            MonitorTimer::Ask => {
                self.ask(ctx);
                self.ask_for_rooms(ctx);
            }
            MonitorTimer::AskForCaptures => self.ask_for_captures(ctx),
        }
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
        let Some(backstage) = around::<SharedBackstage>().filter(|_| !self.is_asked) else {
            return;
        };
        self.is_asked = true;
        let view = backstage.look(u64::from(self.node.moment));
        ctx.spawn(view, |room, view, _| {
            room.is_asked = false;
            room.take(view);
        });
    }

    fn ask_for_captures(&mut self, ctx: &mut Ctx<Self>) {
        let Some(backstage) = around::<SharedBackstage>() else {
            return;
        };
        self.node.slow_tick_ms = backstage.slow_tick_ms();
        if self.node.slow_tick_ms == 0 {
            return;
        }
        ctx.spawn(backstage.captures(), |room, captures, _| {
            if let Some(captures) = captures {
                room.take_captures(&captures);
            }
        });
    }

    fn take_captures(&mut self, captures: &[CapturedTick]) {
        let newest = &captures[..captures.len().min(CAPTURES_MAX)];
        let shown = self.captures.iter().map(|(name, _)| name);
        let is_there = |name: &String| newest.iter().any(|capture| capture.name == *name);
        let gone: Vec<String> = shown.filter(|name| !is_there(name)).cloned().collect();
        for name in gone {
            self.captures.remove(&name);
        }
        for capture in newest {
            put(&mut self.captures, capture.name.clone(), capture.into());
        }
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

    /// Does something to a room, and tells the one who wants it whether it was done.
    fn act(
        &mut self,
        operator: SessionId,
        number: u32,
        room: &str,
        deed: &Deed,
        ctx: &mut Ctx<Self>,
    ) {
        let done = move |refusal: Option<String>, ctx: &mut Ctx<Self>| {
            ctx.send(operator, &MonitorEvent::Done { number, refusal });
        };
        if self.deeds == DEEDS_MAX {
            return done(Some("too much waits for shards: try again".to_owned()), ctx);
        }
        let work = around::<SharedBackstage>().zip(room.parse().ok());
        let work = work.and_then(|(backstage, id)| begin(&*backstage, id, deed));
        let Some(work) = work else {
            return done(Some("there is no such room or session".to_owned()), ctx);
        };
        tracing::info!(%operator, room, ?deed, "an operator acts");
        self.deeds += 1;
        ctx.spawn(work, move |monitor, refusal, ctx| {
            monitor.deeds -= 1;
            done(refusal, ctx);
            monitor.ask_for_rooms(ctx);
        });
    }

    fn ask_for_rooms(&mut self, ctx: &mut Ctx<Self>) {
        let Some(backstage) = around::<SharedBackstage>() else {
            return;
        };
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

/// Writes a row, if the table has room for it: `rows_max` is counted where it is hit.
fn put<K: Key, C: Component>(table: &mut Table<K, C>, key: K, row: C) {
    let _ = table.insert(key, row);
}
