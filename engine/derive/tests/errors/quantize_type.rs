use downbeat::Component;

#[derive(Component, Clone)]
struct Player {
    #[quantize(min = 0.0, max = 1.0, bits = 8)]
    hp: u16,
}

fn main() {}
