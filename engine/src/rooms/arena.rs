//! Fifty players on a square: what room servers are compared on.

use downbeat_core::{Component, Ctx, Reject, Replicate, Room, RoomConfig, Table};
use downbeat_schemas::id::SessionId;
use serde::{Deserialize, Serialize};

/// The side of the square, units.
const SIDE: f32 = 1_000.0;
/// The fastest a player moves along one axis, units per second.
const SPEED_MAX: f32 = 1_000.0;
const HP: u16 = 100;
/// Unless the creator says it.
const SEATS: u32 = 50;
/// Everybody sees everybody: beyond, patches are larger than what is worth sending.
const SEATS_MAX: u32 = 1_000;

/// A player as all others see it.
#[derive(Clone, Debug, PartialEq, Component, Serialize, Deserialize)]
pub struct Player {
    /// 0 to 1,000 units.
    pub x: f32,
    /// 0 to 1,000 units.
    pub y: f32,
    /// Health, 100 at the start.
    pub hp: u16,
}

/// How the creator wants the arena; for those who join it is as it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ArenaOptions {
    /// How many may play, 1 to 1,000. By default 50.
    pub seats: Option<u32>,
}

/// What a player does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ArenaInput {
    /// Sets the velocity, units per second. It lasts until the next.
    Move {
        /// To the right.
        dx: f32,
        /// Down.
        dy: f32,
    },
}

/// A room of 50 at 20 Hz. Input sets a velocity, the tick moves everyone, walls stop.
#[derive(Debug, Default, Replicate, Serialize, Deserialize)]
pub struct Arena {
    #[sync]
    players: Table<SessionId, Player>,
    velocities: std::collections::BTreeMap<SessionId, (f32, f32)>,
}

impl Room for Arena {
    type Options = ArenaOptions;
    type Input = ArenaInput;
    type Event = ();
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(20).clients_max(SEATS);

    fn on_create(options: ArenaOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        let seats = options.seats.unwrap_or(SEATS);
        if !(1..=SEATS_MAX).contains(&seats) {
            let found = format!("seats = {seats}: write 1 to {SEATS_MAX}");
            return Err(Reject::new(found));
        }
        ctx.set_clients_max(seats);
        Ok(Self::default())
    }

    fn on_join(
        &mut self,
        session: SessionId,
        _: ArenaOptions,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        let (x, y) = (ctx.random_f32() * SIDE, ctx.random_f32() * SIDE);
        self.players.insert(session, Player { x, y, hp: HP })?;
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: ArenaInput, _: &mut Ctx<Self>) {
        let ArenaInput::Move { dx, dy } = input;
        self.velocities.insert(session, (speed(dx), speed(dy)));
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        let dt = ctx.dt();
        for (session, (dx, dy)) in &self.velocities {
            if let Some(mut player) = self.players.get_mut(session) {
                player.x = (player.x + dx * dt).clamp(0.0, SIDE);
                player.y = (player.y + dy * dt).clamp(0.0, SIDE);
            }
        }
    }

    fn on_leave(&mut self, session: SessionId, _: downbeat_core::Leave, _: &mut Ctx<Self>) {
        self.players.remove(&session);
        self.velocities.remove(&session);
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
