use downbeat::Component;

#[derive(Component, Clone)]
struct Bare {
    #[quantize]
    x: f32,
}

#[derive(Component, Clone)]
struct Missing {
    #[quantize(min = 0.0, max = 1.0)]
    x: f32,
}

#[derive(Component, Clone)]
struct Unknown {
    #[quantize(min = 0.0, max = 1.0, step = 0.1)]
    x: f32,
}

#[derive(Component, Clone)]
struct Twice {
    #[quantize(min = 0.0, max = 1.0, bits = 8)]
    #[quantize(min = 0.0, max = 1.0, bits = 16)]
    x: f32,
}

fn main() {}
