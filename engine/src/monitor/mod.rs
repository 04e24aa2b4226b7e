//! The monitor: what runs on this node, live, for the one who runs it.
//!
//! | file | what |
//! |---|---|
//! | `access` | who may look: a password, or loopback |
//! | `room` | the room that operators join: figures as tables, what they ask for as events |
//! | `rows` | its tables |
//! | `deeds` | what operators do to rooms |
//! | `words` | its inputs and events |
//! | `looks` | which rooms are looked at, and by whom |
//! | `backstage` | what the room asks of its node |
//! | `node` | how the node answers: by the clerk and by the shards |
//! | `buckets` | a histogram of ticks, coarse enough to be drawn |
//!
//! It is a room as any other, written with the same API and joined with the same client. It is there
//! only while somebody looks; without, no shard does anything for it but add up what each room's
//! ticks took. The page is `clients/monitor`.

mod access;
mod backstage;
mod buckets;
mod deeds;
mod looks;
mod node;
mod room;
mod rows;
mod words;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use downbeat_schemas::time::Timestamp;

pub(crate) use node::open_backstage;

use crate::http::Pages;
use crate::matchmake::{Caller, MatchmakeError};
use crate::server::definition::RoomDefinition;
use crate::server::settings::Settings;
use access::Access;
use room::MonitorRoom;

/// What its rooms are asked for as. No game can have it.
pub(crate) const ROOM_NAME: &str = "$monitor";

/// The monitor of a node, where it is on.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) definition: Arc<RoomDefinition>,
    /// What is below `/monitor`.
    pub(crate) pages: Pages,
    access: Access,
}

impl Monitor {
    /// None if it is off: nothing protects it, or nothing is measured.
    pub(crate) fn new(settings: &Settings, address: SocketAddr) -> Option<Self> {
        let access = Access::new(settings, address)?;
        settings.metrics.then(|| Self {
            definition: Arc::new(RoomDefinition::new::<MonitorRoom>(ROOM_NAME)),
            pages: pages(),
            access,
        })
    }

    /// Lets somebody in.
    ///
    /// # Errors
    /// [`MatchmakeError`] with 401 or 429, and what to do.
    pub(crate) fn admit(&self, caller: &Caller, now: Timestamp) -> Result<(), MatchmakeError> {
        self.access.admit(caller, now)
    }
}

/// What `npm run build` makes of `clients/monitor`.
fn pages() -> Pages {
    let files: &[(&str, &[u8])] = include!("../../pages/monitor/list.rs");
    files.iter().fold(Pages::default(), |pages, (name, bytes)| {
        pages.file(name, bytes)
    })
}
