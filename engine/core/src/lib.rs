//! Rooms, tables, patches, groups, ticks and seats of Downbeat; pure.
#![expect(dead_code, reason = "the room core that uses these comes next")]

pub use crate::config::RoomConfig;
pub use crate::timer::TimerId;

mod config;
pub mod host;
mod panic_message;
mod schedule;
mod spawn;
mod timer;
