use downbeat::{Component, Replicate, Table};

#[derive(Component, Clone)]
struct Player {
    hp: u16,
}

#[derive(Replicate)]
struct Arena {
    #[sync]
    players: Table<(u8, u8), Player>,
}

fn main() {}
