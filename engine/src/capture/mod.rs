//! The slow tick tells why: where its time went, and what is needed to see it again.
//!
//! | file | what |
//! |---|---|
//! | `times` | how long each part of a tick took |
//! | `facts` | a slow tick in words and numbers: its log line, and `tick.json` |
//! | `watch` | a shard's eye on its ticks: it has the room frozen before each, for the case |
//! | `folder` | a capture as files |

mod facts;
mod folder;
mod times;
mod watch;

pub(crate) use facts::SlowTick;
pub(crate) use folder::{Capture, write_capture};
#[cfg(feature = "cli")]
pub(crate) use times::TickTimes;
pub(crate) use times::{Part, StepTimes, ms};
pub(crate) use watch::{Evidence, Watch};

/// The file of a capture that replays it.
pub(crate) const RECORDING_FILE: &str = "room.beat";
