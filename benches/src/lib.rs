//! Benchmarks: each program answers one question, prints tables, and keeps its figures as JSON.
//!
//! | program | question |
//! |---|---|
//! | `encode` | What does a patch cost, and how does that grow with entities and visible pairs? |
//! | `floor` | How late does this core wake a thread at best? |
//! | `lateness` | How late do ticks start on a half-loaded shard, next to that floor? |
//! | `knee` | How many clients does one core serve before patches come late? |
//! | `idle` | What does a server cost that nobody plays on? |
//! | `soak` | Does a server that clients come to and leave keep memory and descriptors flat? |
//! | `stall` | Does a stall that is made on purpose show in every meter, as long as it was? |
//! | `watching` | What does a server pay for being watched: metrics, ready to capture, recording? |
//!
//! `cargo xtask bench-report` runs them all and writes `benches/RESULTS.md`. They measure: nothing
//! here passes or fails by the clock.
//!
//! This library is what the programs share:
//!
//! | module | what |
//! |---|---|
//! | [`report`], [`table`], [`quantiles`] | figures for people and for machines |
//! | [`machine`], [`process`], [`threads`] | where the figures come from |
//! | [`server`], [`http`], [`metrics`], [`histograms`], [`load`], [`load_report`] | a server under test, what it says of itself, and what plays on it |
//! | [`cpu`], [`floor`], [`knee`] | one core, its wake-ups, and the rule for the most it serves |

pub mod cpu;
pub mod floor;
pub mod histograms;
pub mod http;
pub mod knee;
pub mod load;
pub mod load_report;
pub mod machine;
pub mod metrics;
pub mod process;
pub mod quantiles;
pub mod report;
pub mod server;
pub mod table;
pub mod threads;
