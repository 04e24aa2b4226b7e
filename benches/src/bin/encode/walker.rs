//! Rows that walk.

use downbeat_core::Component;

/// A row with a place.
pub(crate) trait Walker: Component {
    fn at(x: f32, y: f32) -> Self;
    fn place(&self) -> (f32, f32);
    fn step_to(&mut self, x: f32, y: f32);
}

/// The player of the arena.
#[derive(Component, Clone)]
pub(crate) struct Player {
    x: f32,
    y: f32,
    hp: u16,
}

/// The same with a place of 16 bits each way, as in the world.
#[derive(Component, Clone)]
pub(crate) struct Quantized {
    #[quantize(min = 0.0, max = 4096.0, bits = 16)]
    x: f32,
    #[quantize(min = 0.0, max = 4096.0, bits = 16)]
    y: f32,
    hp: u16,
}

const HP: u16 = 100;

impl Walker for Player {
    fn at(x: f32, y: f32) -> Self {
        Self { x, y, hp: HP }
    }

    fn place(&self) -> (f32, f32) {
        (self.x, self.y)
    }

    fn step_to(&mut self, x: f32, y: f32) {
        (self.x, self.y) = (x, y);
    }
}

impl Walker for Quantized {
    fn at(x: f32, y: f32) -> Self {
        Self { x, y, hp: HP }
    }

    fn place(&self) -> (f32, f32) {
        (self.x, self.y)
    }

    fn step_to(&mut self, x: f32, y: f32) {
        (self.x, self.y) = (x, y);
    }
}
