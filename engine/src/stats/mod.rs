//! What a node knows of itself: counted on the shards, read anywhere.
//!
//! | file | what |
//! |---|---|
//! | `shard_stats`, `room_stats`, `relay_stats`, `tick_meter`, `worst` | what is counted |
//! | `board` | where shards hand over what they counted |
//! | `clerk` | the thread that adds it up and answers those who ask |
//! | `history` | the last minutes, second by second |
//! | `sight` | what the monitor shows of all this |
//! | `watch` | what of it an operator should read in the log |
//! | `process` | what the kernel knows of the process |
//! | `page`, `cluster_page`, `redis_page`, `text` | all figures as Prometheus text |
//! | `histograms` | the ticks' histograms as they are, as JSON |
//!
//! A shard counts into plain fields of its own. Once a second it swaps them for empty ones: two
//! pointers change hands. Everything else, from adding up to writing pages, is the clerk's, who runs
//! only when no shard wants the core. No tick ever waits for a reader.

mod board;
mod clerk;
mod cluster_page;
mod histograms;
mod history;
mod page;
mod process;
mod redis_page;
mod relay_stats;
mod room_stats;
mod shard_stats;
mod sight;
mod text;
mod tick_meter;
mod watch;
mod worst;

pub(crate) use board::Board;
pub(crate) use clerk::{Clerk, ClerkLink, FILE_DESCRIPTORS, Page};
pub(crate) use history::{Moment, Quantiles};
pub(crate) use shard_stats::ShardStats;
#[cfg(test)]
pub(crate) use sight::{LimitHit, Rates};
pub(crate) use sight::{ShardSight, Sight};
pub(crate) use tick_meter::TickMeter;
