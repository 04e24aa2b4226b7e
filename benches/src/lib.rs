//! Benchmarks: each program answers one question, prints tables, and keeps its figures as JSON.
//!
//! | program | question |
//! |---|---|
//! | `cluster` | What does it cost to play through another node, what do players notice of a Redis master's end, how fast are rooms found among many? |
//! | `encode` | What does a patch cost, and how does that grow with entities and visible pairs? |
//! | `soak` | Does a server that clients come to and leave keep memory and descriptors flat? |
//! | `watching` | What does a server pay for being watched: metrics, ready to capture, recording? |
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
//! What players feel, and how late ticks are, `downbeat bench` measures.
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
//! | [`server`], [`http`], [`metrics`], [`load`], [`load_report`] | a server under test, what it says of itself, and what plays on it |
//! | [`crowd`] | a state for the micro level |
//! | [`cpu`] | one core |

// The derives name the facade's crate; here that is the core.
extern crate downbeat_core as downbeat;

pub mod cpu;
pub mod crowd;
pub mod http;
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
