//! A room of one's own in 25 lines: `cargo run --example hello`, and in a second terminal
//! `cargo run --release -- load --room hello --clients 50`.
#![cfg_attr(rustfmt, rustfmt::skip)] // As in the README: a line for each thought.

use downbeat::prelude::*;

#[derive(Clone, Default, Component, Serialize, Deserialize)]
struct Player { x: f32, y: f32 }

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Input { Move { dx: f32, dy: f32 } }

#[derive(Default, Replicate, Serialize, Deserialize)]
struct Hello { #[sync] players: Table<SessionId, Player> }

impl Room for Hello {
    type Options = NoOptions; type Input = Input; type Event = (); type Timer = ();

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> { Ok(Self::default()) }

    fn on_join(&mut self, who: SessionId, _: NoOptions, _: &mut Ctx<Self>) -> Result<(), Reject> {
        self.players.insert(who, Player::default())?;
        Ok(())
    }

    fn on_input(&mut self, who: SessionId, Input::Move { dx, dy }: Input, ctx: &mut Ctx<Self>) {
        let Some(mut player) = self.players.get_mut(&who) else { return };
        player.x += dx * ctx.dt();
        player.y += dy * ctx.dt();
    }

    fn on_leave(&mut self, who: SessionId, _: Leave, _: &mut Ctx<Self>) { self.players.remove(&who); }
}

fn main() -> Result<(), StartError> { Server::builder().room::<Hello>("hello").run() }
