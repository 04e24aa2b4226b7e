//! The slow tick tells why: where its time went, and what is needed to see it again.
//!
//! | file | what |
//! |---|---|
//! | `times` | how long each part of a tick took |
//! | `facts` | a slow tick in words and numbers: its log line, and `tick.json` |
//! | `watch` | a shard's eye on its ticks: it has the room frozen before each, for the case |
//! | `folder` | a capture as files |
//! | `captured` | what a folder of captures tells |

mod captured;
mod facts;
mod folder;
mod times;
mod watch;

pub use captured::{CapturedTick, Kept};
pub(crate) use captured::{is_capture, list};
pub use facts::SlowTick;
pub(crate) use folder::{Capture, write_capture};
pub use times::PartsMs;
#[cfg(feature = "cli")]
pub(crate) use times::TickTimes;
pub(crate) use times::{Part, StepTimes, ms};
pub(crate) use watch::{Before, Watch};

/// The file of a capture that replays it.
pub(crate) const RECORDING_FILE: &str = "room.beat";
const FACTS_FILE: &str = "tick.json";
const FLAME_GRAPH_FILE: &str = "flame.svg";
#[cfg(feature = "profile")]
const STACKS_FILE: &str = "stacks.txt";
