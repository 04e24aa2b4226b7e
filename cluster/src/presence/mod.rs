//! Presence for many nodes: keys and topics in Redis.
//!
//! | file | what |
//! |---|---|
//! | `store` | what is needed of Redis |
//! | `names` | keys and channels; pure |
//! | `wire` | operations as commands, and replies as answers; pure |
//! | `desk` | what waits for Redis, and who hears which topic: a lock between all threads and one |
//! | `serve` | the one that works it off, on the thread that has the connections |
//! | `flights` | what is under way at once |
//!
//! A key is one key of Redis, `<prefix>:{p:<key>}`, and a topic one sharded channel,
//! `<prefix>:{t:<topic>}`. Every write says when the key expires, so that what nobody writes to is
//! gone after `presence_expiry_max_ms` at the latest. A message goes through Redis on its way to its
//! own node too, and so in one order to all.

mod desk;
mod flights;
mod names;
mod serve;
mod store;
mod wire;

use std::sync::Arc;

use downbeat_presence::Presence;
use downbeat_schemas::limits::Limits;

pub use serve::serve;
pub use store::{Channels, Reply, Store, StoreError};

use desk::Desk;
use names::Names;

/// The Lua of every write: [`Store::write`] runs it.
pub const WRITE_LUA: &str = include_str!("../lua/presence.lua");

/// The two ends of a presence whose keys start with `prefix`: what a node's rooms and programs use,
/// and what [`serve`] works off. Dropped, it is the end of the presence.
pub fn shared(limits: &Limits, prefix: &str) -> (Presence, Work) {
    let desk = Arc::new(Desk::new(limits));
    let work = Work {
        desk: Arc::clone(&desk),
        names: Names::new(prefix),
        members_max: limits.presence_members_max,
    };
    (Presence::new(limits, desk), work)
}

/// What waits for Redis.
#[derive(Debug)]
pub struct Work {
    desk: Arc<Desk>,
    names: Names,
    members_max: u64,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.desk.end();
    }
}
