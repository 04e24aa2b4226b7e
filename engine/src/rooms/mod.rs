//! The rooms that come with the server: to try it, to measure it, to learn from.

mod arena;
mod chat;
mod lobby;
mod queue;
mod world;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/queues.md")]
struct QueuesPage;

pub use arena::{Arena, ArenaInput, ArenaOptions, Player};
pub use chat::{Chat, ChatEvent, ChatInput, ChatOptions, Line, Member};
pub use lobby::{Listing, Lobby, LobbyFilter, LobbyOptions, LobbyStatus};
pub use queue::{EntrantStatus, Queue, QueueEvent, QueueOptions, QueueRules, QueueStatus};
pub use world::{Mover, World, WorldInput, WorldOptions};
