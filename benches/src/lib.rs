//! Benchmarks: each program answers one question, prints tables, and keeps its figures as JSON.
//!
//! | program | question |
//! |---|---|
//! | `encode` | What does a patch cost, and how does that grow with entities and visible pairs? |
//! | `soak` | Does a server that clients come to and leave keep memory and descriptors flat? |
//! | `metering` | What do metrics cost a shard? |
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
//! | [`cpu`] | one core |

pub mod cpu;
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
