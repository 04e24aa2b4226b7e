use downbeat::Component;

#[derive(Component, Clone)]
struct Position(f32, f32);

#[derive(Component, Clone)]
struct Tag;

fn main() {}
