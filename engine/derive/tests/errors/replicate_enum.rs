use downbeat::Replicate;

#[derive(Replicate)]
enum Arena {
    Open,
    Closed,
}

#[derive(Replicate)]
struct Pair(u8, u8);

fn main() {}
