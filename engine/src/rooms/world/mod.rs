//! Thousands of players in one room, each of whom sees the fifty around.

mod current;

use downbeat_core::{Component, Ctx, Grid, Leave, Reject, Replicate, Room, RoomConfig, Table};
use downbeat_schemas::id::{GroupId, SessionId};
use serde::{Deserialize, Serialize};

use current::Current;

/// The side of the largest world, units: the range of a quantized position.
const SIDE_MAX: f32 = 4_096.0;
/// The side of a cell of interest.
const CELL: f32 = 100.0;
/// How far a player sees unless the creator says it: its own cell and the eight around.
const SIGHT: f32 = 100.0;
/// 121 cells: well within what a client may watch.
const SIGHT_MAX: f32 = 500.0;
const DRIFTERS_MAX: u32 = 20_000;
const SPEED_MAX: f32 = 500.0;
/// Groups of the grid come after the group of everyone.
const FIRST_CELL: GroupId = GroupId(1);

/// A player as its neighbours see it.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub struct Mover {
    /// Sent in steps of a sixteenth of a unit.
    #[quantize(min = 0.0, max = 4096.0, bits = 16)]
    pub x: f32,
    /// Sent in steps of a sixteenth of a unit.
    #[quantize(min = 0.0, max = 4096.0, bits = 16)]
    pub y: f32,
}

/// How the creator wants the world; for those who join it is as it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct WorldOptions {
    /// The side of the square, units; at most 4,096. By default as large as 2,000 players need to
    /// have fifty neighbours each.
    pub side: Option<f32>,
    /// How far a player sees, in whole cells of 100 units; at most 500. By default 100.
    pub sight: Option<f32>,
    /// How many are there whom nobody plays; at most 20,000. By default none.
    pub drifters: Option<u32>,
}

/// What a player does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorldInput {
    /// Sets the velocity, units per second. It lasts until the next.
    Move {
        /// To the right.
        dx: f32,
        /// Down.
        dy: f32,
    },
}

/// One room at 20 Hz for 8,000 players.
#[derive(Debug, Replicate, Serialize, Deserialize)]
pub struct World {
    #[sync]
    movers: Table<SessionId, Mover>,
    #[sync]
    drifters: Table<u32, Mover>,
    velocities: std::collections::BTreeMap<SessionId, (f32, f32)>,
    grid: Grid,
    side: f32,
    sight: f32,
    ticks: u32,
}

/// What the listing shows of a room: what its creator decided.
#[derive(Serialize)]
struct Metadata {
    side: f32,
    sight: f32,
    drifters: u32,
}

/// 2,000 players on it are 49.8 in nine cells.
const SIDE: f32 = 1_900.0;

impl Room for World {
    type Options = WorldOptions;
    type Input = WorldInput;
    type Event = ();
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(20).clients_max(8_000);

    fn on_create(options: WorldOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        let side = options.side.unwrap_or(SIDE);
        if !(CELL..=SIDE_MAX).contains(&side) {
            return Err(Reject::new(format!("side = {side}: write 100 to 4096")));
        }
        let sight = options.sight.unwrap_or(SIGHT);
        if !(CELL..=SIGHT_MAX).contains(&sight) {
            return Err(Reject::new(format!("sight = {sight}: write 100 to 500")));
        }
        let drifters = options.drifters.unwrap_or(0);
        if drifters > DRIFTERS_MAX {
            let found = format!("drifters = {drifters}: write at most {DRIFTERS_MAX}");
            return Err(Reject::new(found));
        }
        ctx.set_metadata(&Metadata {
            side,
            sight,
            drifters,
        })?;
        let mut world = Self {
            movers: Table::default(),
            drifters: Table::default(),
            velocities: std::collections::BTreeMap::new(),
            grid: Grid::new(side, side, CELL, FIRST_CELL),
            side,
            sight,
            ticks: 0,
        };
        world.populate(drifters, ctx)?;
        Ok(world)
    }

    fn on_join(
        &mut self,
        session: SessionId,
        _: WorldOptions,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        let (x, y) = (ctx.random_f32() * self.side, ctx.random_f32() * self.side);
        self.movers.insert(session, Mover { x, y })?;
        self.grid.place(&mut self.movers, &session, x, y);
        self.grid.look(ctx, session, x, y, self.sight)?;
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: WorldInput, _: &mut Ctx<Self>) {
        let WorldInput::Move { dx, dy } = input;
        self.velocities.insert(session, (speed(dx), speed(dy)));
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        self.move_players(ctx);
        self.move_drifters(ctx.dt());
    }

    fn on_leave(&mut self, session: SessionId, _: Leave, ctx: &mut Ctx<Self>) {
        self.movers.remove(&session);
        self.velocities.remove(&session);
        self.grid.forget(ctx, session);
    }
}

impl World {
    fn populate(&mut self, drifters: u32, ctx: &mut Ctx<Self>) -> Result<(), Reject> {
        for id in 0..drifters {
            let (x, y) = (ctx.random_f32() * self.side, ctx.random_f32() * self.side);
            self.drifters.insert(id, Mover { x, y })?;
            self.grid.place(&mut self.drifters, &id, x, y);
        }
        Ok(())
    }

    fn move_players(&mut self, ctx: &mut Ctx<Self>) {
        let dt = ctx.dt();
        for (session, (dx, dy)) in &mut self.velocities {
            let Some(mut mover) = self.movers.get_mut(session) else {
                continue;
            };
            let (x, y) = (mover.x + *dx * dt, mover.y + *dy * dt);
            // The world's edge turns a player round: it neither ends nor gathers a crowd.
            (*dx, *dy) = (turned(*dx, x, self.side), turned(*dy, y, self.side));
            mover.x = x.clamp(0.0, self.side);
            mover.y = y.clamp(0.0, self.side);
            let (x, y) = (mover.x, mover.y);
            self.grid.place(&mut self.movers, session, x, y);
            if self.grid.look(ctx, *session, x, y, self.sight).is_err() {
                ctx.disconnect(*session, "this server lets a client watch too few groups");
            }
        }
    }

    fn move_drifters(&mut self, dt: f32) {
        self.ticks += 1;
        let current = Current::at(self.side, self.ticks as f32 * dt);
        // Their keys are the numbers from 0 on: nobody of them ever leaves.
        for id in 0..self.drifters.len() as u32 {
            let Some(mut drifter) = self.drifters.get_mut(&id) else {
                continue;
            };
            let (dx, dy) = current.velocity(drifter.x, drifter.y);
            drifter.x = (drifter.x + dx * dt).clamp(0.0, self.side);
            drifter.y = (drifter.y + dy * dt).clamp(0.0, self.side);
            let (x, y) = (drifter.x, drifter.y);
            self.grid.place(&mut self.drifters, &id, x, y);
        }
    }
}

fn turned(speed: f32, place: f32, side: f32) -> f32 {
    if (0.0..=side).contains(&place) {
        speed
    } else {
        -speed
    }
}

/// What a client says is no number until it was looked at.
fn speed(wish: f32) -> f32 {
    if wish.is_finite() {
        wish.clamp(-SPEED_MAX, SPEED_MAX)
    } else {
        0.0
    }
}
