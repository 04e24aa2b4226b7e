use downbeat::Component;

#[derive(Component, Clone)]
struct Bits {
    #[quantize(min = 0.0, max = 1.0, bits = 12)]
    x: f32,
}

#[derive(Component, Clone)]
struct Order {
    #[quantize(min = 10, max = -10.0, bits = 16)]
    x: f32,
}

fn main() {}
