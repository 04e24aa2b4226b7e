//! What the rooms and programs of a game tell each other, beside what each room is: topics to
//! publish to and to hear, and sets, hashes and counters under keys that expire.
//!
//! [`Presence`] is what a game uses; it is the same on one node, where [`Presence::embedded`] keeps
//! everything in memory, and on many, where a shared store stands behind [`Backend`].
//!
//! | module | what |
//! |---|---|
//! | `handle` | [`Presence`], and its [`struct@Set`]s, [`struct@Hash`]es and [`struct@Counter`]s |
//! | `subscription` | messages on their way to a program |
//! | `operation` | everything that can be done to a key, and the answers |
//! | `machine` | the keys of one node and when they expire; pure |
//! | `hub` | who hears which topic; pure |
//! | `embedded` | both behind a lock |
//! | `backend` | what a shared store has to offer |
//!
//! ```
//! use std::time::Duration;
//! use downbeat_presence::{Presence, PresenceError};
//!
//! async fn enter(presence: &Presence, player: &str) -> Result<u64, PresenceError> {
//!     let online = presence.set("online").living(Duration::from_secs(30));
//!     if online.add(player).await? {
//!         presence.publish("arrivals", player.as_bytes()).await?;
//!     }
//!     online.len().await
//! }
//! # let presence = downbeat_presence::testing::presence().0;
//! # assert_eq!(downbeat_presence::testing::answer(enter(&presence, "ann")), Ok(1));
//! ```
#![warn(missing_docs)]

mod attachment;
mod backend;
mod counter;
mod embedded;
mod error;
mod handle;
mod hash;
mod hits;
mod hub;
mod machine;
mod operation;
mod set;
mod sizes;
mod subscription;
pub mod testing;
mod value;

pub use attachment::Attachment;
pub use backend::{Backend, Pending};
pub use counter::Counter;
pub use error::PresenceError;
pub use handle::Presence;
pub use hash::Hash;
pub use hits::Hits;
pub use hub::{Ear, EarId, Hub};
pub use machine::Machine;
pub use operation::{Answer, Life, Operation};
pub use set::Set;
pub use sizes::{check_key, check_message};
pub use subscription::{Message, Subscription};
