use downbeat::{Replicate, SessionId, Table};

#[derive(Clone)]
struct Player {
    hp: u16,
}

#[derive(Replicate)]
struct Arena {
    #[sync]
    players: Table<SessionId, Player>,
}

fn main() {}
