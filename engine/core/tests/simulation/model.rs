//! The state of the simulated room, and its rows as a client should read them.

use downbeat::{Component, Replicate, SessionId, Single, Table};
use downbeat_schemas::rows::Value;
use serde::{Deserialize, Serialize};

use crate::random::Random;

#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Player {
    pub(crate) x: f32,
    #[quantize(min = -1.0, max = 1.0, bits = 8)]
    pub(crate) aim: f64,
    pub(crate) name: String,
    pub(crate) target: Option<SessionId>,
}

#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) at: [i16; 2],
    pub(crate) owner: Owner,
}

#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) alive: bool,
    pub(crate) score: u64,
}

#[derive(Replicate, Default, Serialize, Deserialize)]
pub(crate) struct State {
    #[sync]
    pub(crate) players: Table<SessionId, Player>,
    #[sync]
    pub(crate) items: Table<String, Item>,
    #[sync]
    pub(crate) round: Single<Round>,
}

#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) number: u8,
}

impl Player {
    /// Few values of each, so that writes often change nothing, or back.
    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            x: [0.0, 1.5, -0.0, f32::INFINITY][random.below(4) as usize],
            aim: [-7.0, 0.0, 0.001, 0.5, 1.0, f64::NAN][random.below(6) as usize],
            name: "n".repeat(random.below(3) as usize),
            target: random.one_in(2).then(|| SessionId(random.below(3))),
        }
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        let target = self.target.map(|target| Box::new(Value::Session(target)));
        vec![
            Value::Float(self.x.into()),
            Value::Float(quantized(self.aim)),
            Value::String(self.name.clone()),
            Value::Option(target),
        ]
    }
}

/// `aim` as clients read it, said in another way than the code under test does.
fn quantized(aim: f64) -> f64 {
    let aim = if aim.is_nan() {
        -1.0
    } else {
        aim.clamp(-1.0, 1.0)
    };
    let step = ((aim + 1.0) / 2.0 * 255.0).round();
    -1.0 + step / 255.0 * 2.0
}

impl Item {
    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            at: [random.below(2) as i16, -(random.below(3) as i16)],
            owner: Owner {
                alive: random.one_in(2),
                score: random.below(2) << 40,
            },
        }
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        let at = self.at.map(|at| Value::Signed(at.into()));
        vec![
            Value::Array(at.to_vec()),
            Value::Struct(vec![
                Value::Bool(self.owner.alive),
                Value::Unsigned(self.owner.score),
            ]),
        ]
    }
}
