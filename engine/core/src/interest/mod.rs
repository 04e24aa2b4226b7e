//! Who watches what, and what each viewer gets.
//!
//! A row is in one group; a viewer watches some. What a group says is packed once and shared by
//! all its watchers, so the cost of a viewer is the number of groups it watches.

mod compose;
mod freeze;
mod grid;
mod groups;
mod hits;
mod replicator;
mod viewers;

pub use compose::Composed;
pub use freeze::FrozenReplicator;
pub use grid::{Grid, Watcher};
pub use hits::LimitHits;
pub use replicator::{Replicator, WatchError};
pub use viewers::Viewer;
