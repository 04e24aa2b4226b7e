//! Thousands of players in one room, each of whom sees the fifty around.

use downbeat_core::{Component, Ctx, Grid, Leave, Reject, Replicate, Room, RoomConfig, Table};
use downbeat_schemas::id::{GroupId, SessionId};
use serde::{Deserialize, Serialize};

/// The side of the largest world, units: the range of a quantized position.
const SIDE_MAX: f32 = 4_096.0;
/// The side of a cell of interest. A player sees its own cell and the eight around.
const CELL: f32 = 100.0;
/// How far a player sees: one cell in each direction.
const SIGHT: f32 = 100.0;
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

/// How large the world is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct WorldOptions {
    /// The side of the square, units; at most 4,096. By default as large as 2,000 players need to
    /// have fifty neighbours each.
    pub side: Option<f32>,
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
    velocities: std::collections::BTreeMap<SessionId, (f32, f32)>,
    grid: Grid,
    side: f32,
}

/// 2,000 players on it are 49.8 in nine cells.
const SIDE: f32 = 1_900.0;

impl Room for World {
    type Options = WorldOptions;
    type Input = WorldInput;
    type Event = ();
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(20).clients_max(8_000);

    fn on_create(options: WorldOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        let side = options.side.unwrap_or(SIDE);
        if !(CELL..=SIDE_MAX).contains(&side) {
            return Err(Reject::new(format!("side = {side}: write 100 to 4096")));
        }
        Ok(Self {
            movers: Table::default(),
            velocities: std::collections::BTreeMap::new(),
            grid: Grid::new(side, side, CELL, FIRST_CELL),
            side,
        })
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
        self.grid.look(ctx, session, x, y, SIGHT)?;
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: WorldInput, _: &mut Ctx<Self>) {
        let WorldInput::Move { dx, dy } = input;
        self.velocities.insert(session, (speed(dx), speed(dy)));
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
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
            if self.grid.look(ctx, *session, x, y, SIGHT).is_err() {
                ctx.disconnect(*session, "this server lets a client watch too few groups");
            }
        }
    }

    fn on_leave(&mut self, session: SessionId, _: Leave, ctx: &mut Ctx<Self>) {
        self.movers.remove(&session);
        self.velocities.remove(&session);
        self.grid.forget(ctx, session);
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
