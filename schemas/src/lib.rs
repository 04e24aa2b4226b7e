//! The words and the wire of Downbeat.
//!
//! Pure: id newtypes, limits, close codes, the FlatBuffers messages and their verified decoding.
//! No clock, no socket, no entropy; whoever calls brings time and bytes.
//!
//! | module | what |
//! |---|---|
//! | [`id`] | rooms, sessions, nodes, shards, tables, groups |
//! | [`time`] | [`Timestamp`](time::Timestamp) and [`Tick`](time::Tick) |
//! | [`limits`] | every maximum, with unit, default, reason and consequence |
//! | [`close`] | WebSocket close codes, and the codes of a failed join |
//! | [`client`] | messages from clients: encode, verify, decode |
//! | [`server`] | messages to clients: encode, verify, decode |
//! | [`part`] | the pieces of a message on its way |
//! | [`rows`] | the packed rows inside snapshots and patches |
//! | [`reflect`] | the types of a room's state |
//! | [`mirror`] | the reference client: what rows do to tables |
#![warn(missing_docs)]

pub mod client;
pub mod close;
#[doc(hidden)]
pub mod fuzzing;
mod generated;
pub mod id;
pub mod limits;
pub mod mirror;
pub mod part;
pub mod reflect;
pub mod rows;
pub mod server;
pub mod time;

/// The WebSocket subprotocol of this wire.
pub const SUBPROTOCOL: &str = "downbeat.v1";

/// The number in `Welcome.protocol`. Rises when a client of the former one would misread the wire.
pub const PROTOCOL: u16 = 1;
