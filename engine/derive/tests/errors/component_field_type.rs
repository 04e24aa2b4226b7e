use downbeat::Component;

struct Weapon;

#[derive(Component, Clone)]
struct Player {
    inventory: Vec<u16>,
    weapon: Weapon,
}

impl Clone for Weapon {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
