use std::collections::BTreeMap;

use downbeat::{Component, Replicate};

#[derive(Component, Clone)]
struct Player {
    hp: u16,
}

#[derive(Replicate)]
struct Arena {
    #[sync]
    players: BTreeMap<u64, Player>,
}

fn main() {}
