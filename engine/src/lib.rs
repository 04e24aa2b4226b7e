//! The room server for multiplayer games that never misses a beat.
//!
//! A game is one struct with hooks; the server runs many of them, each on one core, and sends what
//! changed to those who may see it.
//!
//! ```
//! use downbeat::prelude::*;
//!
//! #[derive(Clone, Component, Serialize, Deserialize)]
//! struct Player {
//!     x: f32,
//!     y: f32,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! enum Input {
//!     Step { dx: f32, dy: f32 },
//! }
//!
//! /// Only what is marked `#[sync]` ever leaves the server.
//! #[derive(Default, Replicate, Serialize, Deserialize)]
//! struct Field {
//!     #[sync]
//!     players: Table<SessionId, Player>,
//! }
//!
//! impl Room for Field {
//!     type Options = NoOptions;
//!     type Input = Input;
//!     type Event = ();
//!     type Timer = ();
//!
//!     fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
//!         Ok(Self::default())
//!     }
//!
//!     fn on_join(&mut self, who: SessionId, _: NoOptions, _: &mut Ctx<Self>) -> Result<(), Reject> {
//!         self.players.insert(who, Player { x: 0.0, y: 0.0 })?;
//!         Ok(())
//!     }
//!
//!     fn on_input(&mut self, who: SessionId, Input::Step { dx, dy }: Input, _: &mut Ctx<Self>) {
//!         if let Some(mut player) = self.players.get_mut(&who) {
//!             player.x += dx;
//!             player.y += dy;
//!         }
//!     }
//! }
//!
//! // A test needs no server, no socket and no sleep.
//! let mut room = downbeat::testing::TestRoom::<Field>::new(7, ());
//! let ann = room.join();
//! room.tick(1);
//! room.send(ann, &Input::Step { dx: 1.0, dy: 0.0 });
//! room.tick(1);
//! assert_eq!(room.state().players.get(&ann).map(|player| player.x), Some(1.0));
//! ```
//!
//! [`Server`] serves rooms; [`Room`] says what a game does; [`Table`], [`Single`], [`Grid`] hold its
//! state and who sees it; [`Ctx`] is what a hook may do; [`testing`] runs a room under a fake clock.
#![warn(missing_docs)]

/// The examples of docs/presence.md.
#[cfg(doctest)]
#[doc = include_str!("../../docs/presence.md")]
struct PresencePage;

// The derives name what they need as `::downbeat::…`: here that is this crate.
extern crate self as downbeat;

#[cfg(feature = "cli")]
mod bench;
mod capture;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
mod desk;
mod entropy;
mod http;
mod link;
#[cfg(feature = "cli")]
mod load;
mod mailroom;
mod matchmake;
mod monitor;
mod node;
pub mod prelude;
#[cfg(feature = "profile")]
mod profile;
#[cfg(feature = "cli")]
mod replay;
pub mod rooms;
mod scribe;
mod server;
mod shard;
mod stats;
mod surroundings;
mod types;

pub use capture::{CapturedTick, Kept, PartsMs, SlowTick};
pub use downbeat_cluster::{Order, RedisSettings, SortField};
pub use downbeat_core::*;
pub use downbeat_schemas::id::RoomId;
pub use downbeat_schemas::limits;
pub use http::Pages;
pub use link::RecordError;
pub use server::{
    AuthRequest, CaptureSettings, ClusterConfig, ClusterConfigError, CpuChoice, DEFAULT_PORT,
    EmptyPasswordError, OnRedisLoss, ParseCpuListError, Password, ProbeError, RecordSettings,
    RoomDefinition, RunningServer, Server, ServerBuilder, Settings, StartError, parse_cpu_list,
};
