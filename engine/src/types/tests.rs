//! What the sample rooms are in TypeScript, and every type that the wire has.

use downbeat_core::host::RoomType;
use downbeat_core::{Component, Ctx, NoOptions, Reject, Replicate, Room, SessionId, Single, Table};
use serde::{Deserialize, Serialize};

use super::{type_name, typescript};

#[derive(Clone, Component, Serialize, Deserialize)]
struct Everything {
    flag: bool,
    small: u8,
    large: u64,
    signed: i64,
    float: f64,
    #[quantize(min = 0.0, max = 1.0, bits = 8)]
    part: f32,
    text: String,
    who: SessionId,
    maybe: Option<u32>,
    cells: [Option<u8>; 3],
    grid: [[u16; 2]; 2],
}

#[derive(Clone, Default, Component, Serialize, Deserialize)]
struct Round {
    number: u32,
}

#[derive(Default, Replicate, Serialize, Deserialize)]
struct Game {
    #[sync]
    things: Table<u32, Everything>,
    #[sync]
    round: Single<Round>,
}

impl Room for Game {
    type Options = NoOptions;
    type Input = ();
    type Event = ();
    type Timer = ();

    fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self::default())
    }
}

#[test]
fn every_type_of_the_wire_has_its_own_in_typescript() {
    let types = typescript([RoomType::new::<Game>("big-game")].iter());
    assert_eq!(types, include_str!("golden.ts"));
}

#[test]
fn a_name_becomes_one_of_a_type() {
    let check = |name: &str, expected: &str| assert_eq!(type_name(name), expected);
    check("arena", "Arena");
    check("battle_royale", "BattleRoyale");
    check("battle-royale 2", "BattleRoyale2");
    check("2048", "_2048");
}

#[test]
fn nothing_to_mirror_imports_nothing() {
    assert!(!typescript([].iter()).contains("import"));
}
