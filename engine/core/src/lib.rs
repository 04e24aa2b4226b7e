//! Rooms, tables, patches, groups, ticks and seats of Downbeat; pure.
//!
//! | module | what |
//! |---|---|
//! | [`state`] | what a game writes: rows, tables, and the traits its derives implement |
//! | [`change`] | what became of the rows since the last patch, without an encoding |
//! | [`encode`] | change sets as bytes, one dialect a file |
//! | [`interest`] | who watches which groups, and what each viewer gets |
//! | [`host`] | what a shard sees of a room |
//! | [`record`] | recordings: what came to a room, as a file that replays it |
//! | [`testing`] | a room under a fake clock, for the tests of games |
#![warn(missing_docs)]

// The derives name what they need as `::downbeat::…`, the facade's name; here that is this crate.
#[cfg(test)]
extern crate self as downbeat;

pub use downbeat_derive::{Component, Replicate};
pub use downbeat_presence as presence;
pub use downbeat_schemas::id::{GroupId, SessionId, Slot};
pub use downbeat_schemas::reflect;

pub use crate::config::RoomConfig;
pub use crate::ctx::Ctx;
pub use crate::ctx::listing::MetadataError;
pub use crate::interest::{Composed, Grid, Replicator, Viewer, WatchError, Watcher};
pub use crate::room::{Leave, NoOptions, Reject, Room};
pub use crate::state::{
    Component, FieldSink, FieldValue, Key, Quantizable, Quantize, Replicate, Replicated, RowMut,
    Single, Table, TableFull,
};
pub use crate::timer::TimerId;

pub mod change;
mod config;
mod ctx;
pub mod encode;
#[doc(hidden)]
pub mod fuzzing;
mod guard;
pub mod host;
pub mod interest;
mod mailbox;
pub mod record;
mod room;
mod room_core;
mod schedule;
mod seat;
mod seats;
mod spawn;
pub mod state;
mod surroundings;
mod talk;
pub mod testing;
mod timer;
mod topics;
