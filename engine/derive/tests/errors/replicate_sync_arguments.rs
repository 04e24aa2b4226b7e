use downbeat::{Component, Replicate, Single};

#[derive(Component, Clone)]
struct Round {
    number: u16,
}

#[derive(Replicate)]
struct Arena {
    #[sync(often)]
    round: Single<Round>,
}

fn main() {}
