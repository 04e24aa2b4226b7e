//! What the jobs of a shard work with.

use std::cell::RefCell;
use std::sync::Arc;

use downbeat_net::http::Response;
use downbeat_schemas::id::{ConnectionId, ShardId};

use super::alarms::Alarms;
use super::rooms::RoomKey;
use crate::http::{Cors, Visit};
use crate::matchmake::{MatchmakeError, Offer};
use crate::node::Node;
use crate::server::definition::RoomDefinition;

/// Shared by the turn of a shard and its jobs; lives on the shard's thread.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) node: Arc<Node>,
    pub(crate) shard: ShardId,
    pub(crate) alarms: Alarms,
    results: RefCell<Vec<JobResult>>,
}

/// What a job leaves for the turn to do: jobs touch neither sockets nor rooms.
pub(super) enum JobResult {
    /// The answer to an HTTP request.
    Response(ConnectionId, Response),
    /// A request for a seat has got one, or not.
    Matched(ConnectionId, Cors, Result<Offer, MatchmakeError>),
    /// A visitor whose room is known, with its shard; or not to be had, with the reason.
    Visit(
        ConnectionId,
        Box<Visit>,
        Result<ShardId, super::sockets::Goodbye>,
    ),
    /// A game's own async work is done.
    Spawned(RoomKey, downbeat_core::host::Finished),
}

impl std::fmt::Debug for JobResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Response(..) => "Response",
            Self::Matched(..) => "Matched",
            Self::Visit(..) => "Visit",
            Self::Spawned(..) => "Spawned",
        })
    }
}

impl Desk {
    pub(super) fn new(node: Arc<Node>, shard: ShardId) -> Self {
        let alarms = Alarms::new(node.clock);
        Self {
            node,
            shard,
            alarms,
            results: RefCell::new(Vec::new()),
        }
    }

    /// The room type of a name.
    ///
    /// # Errors
    /// Code 520 if there is none.
    pub(crate) fn definition(&self, name: &str) -> Result<Arc<RoomDefinition>, MatchmakeError> {
        let found = self.node.definitions.get(name);
        let unknown = || MatchmakeError::unknown_name(name);
        found.cloned().ok_or_else(unknown)
    }

    pub(super) fn leave(&self, result: JobResult) {
        self.results.borrow_mut().push(result);
    }

    pub(super) fn take_results(&self) -> Vec<JobResult> {
        self.results.take()
    }
}
