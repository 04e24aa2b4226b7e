//! A room of one's own: `cargo run --example hello`, then `downbeat load --room hello`.

use downbeat::prelude::*;

#[derive(Clone, Default, PartialEq, Component, Serialize, Deserialize)]
struct Player {
    x: f32,
    y: f32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Input {
    Move { dx: f32, dy: f32 },
}

#[derive(Default, Replicate, Serialize, Deserialize)]
struct Hello {
    #[sync]
    players: Table<SessionId, Player>,
}

impl Room for Hello {
    type Options = NoOptions;
    type Input = Input;
    type Event = ();
    type Timer = ();

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self::default())
    }

    fn on_join(&mut self, who: SessionId, _: NoOptions, _: &mut Ctx<Self>) -> Result<(), Reject> {
        self.players.insert(who, Player::default())?;
        Ok(())
    }

    fn on_input(&mut self, who: SessionId, Input::Move { dx, dy }: Input, ctx: &mut Ctx<Self>) {
        if let Some(mut player) = self.players.get_mut(&who) {
            player.x += dx * ctx.dt();
            player.y += dy * ctx.dt();
        }
    }
}

fn main() -> Result<(), StartError> {
    Server::builder().room::<Hello>("hello").run()
}
