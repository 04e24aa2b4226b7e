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
//! | `metering` | What do metrics cost a shard? |
//!
//! The micro level is `cargo bench`, in `benches/`, with the statistics of Criterion:
//!
//! | benchmark | question |
//! |---|---|
//! | `change_set` | What does it cost to find out what changed, and does it grow with the rows that changed or with those that there are? |
//! | `dialects` | What does a change set cost as bytes, in each dialect? |
//! | `fan_out` | What does one more watcher of a group cost, and one more group of a watcher? |
//! | `frames` | What does a client's message cost, from received bytes to what it says? |
//! | `mailbox` | What does an input cost on its way through the mailbox, and from there to its hook? |
//! | `histogram` | What does it cost to measure a tick? |
//!
//! `cargo xtask bench-report` runs the programs and writes `benches/RESULTS.md`. They measure: nothing
//! here passes or fails by the clock.
//!
//! This library is what the programs share:
//!
//! | module | what |
//! |---|---|
//! | [`report`], [`table`], [`quantiles`] | figures for people and for machines |
//! | [`machine`], [`process`], [`threads`] | where the figures come from |
//! | [`server`], [`http`], [`metrics`], [`histograms`], [`load`], [`load_report`] | a server under test, what it says of itself, and what plays on it |
//! | [`crowd`] | a state for the micro level |
//! | [`cpu`], [`floor`], [`knee`] | one core, its wake-ups, and the rule for the most it serves |

// The derives name the facade's crate; here that is the core.
extern crate downbeat_core as downbeat;

pub mod cpu;
pub mod crowd;
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
