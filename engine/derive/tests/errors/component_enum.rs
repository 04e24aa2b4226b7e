use downbeat::Component;

#[derive(Component, Clone)]
enum Player {
    Alive { x: f32 },
    Dead,
}

fn main() {}
