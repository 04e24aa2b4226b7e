//! The rooms that come with the server: to try it, to measure it, to learn from.

mod arena;
mod chat;
mod world;

pub use arena::{Arena, ArenaInput, ArenaOptions, Player};
pub use chat::{Chat, ChatEvent, ChatInput, ChatOptions, Line, Member};
pub use world::{Mover, World, WorldInput, WorldOptions};
