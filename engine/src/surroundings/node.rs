//! The surroundings of a shard's rooms: its node.

use std::rc::Rc;
use std::sync::Arc;

use downbeat_cluster::ListingFeed;
use downbeat_cluster::queue::{MatchId, Queues};
use downbeat_schemas::time::Timestamp;
use serde_json::Value;

use super::{Later, Party, Surroundings, set_surroundings};
use crate::desk::Desk;
use crate::entropy;
use crate::link::{Offer, Refusal};
use crate::matchmake;
use crate::monitor;
use crate::rooms::QueueRules;

struct NodeSurroundings(Rc<Desk>);

/// Lets the rooms on this thread ask the node.
pub(crate) fn open_surroundings(desk: &Rc<Desk>) {
    set_surroundings(Rc::new(NodeSurroundings(Rc::clone(desk))));
}

impl Surroundings for NodeSurroundings {
    fn now(&self) -> Timestamp {
        self.0.node.clock.now()
    }

    fn queue_rules(&self, room_name: &str) -> Option<Arc<QueueRules>> {
        self.0.node.definition(room_name)?.queue_rules().cloned()
    }

    fn filter(&self, room_name: &str, options: &Value) -> String {
        let definition = self.0.node.definition(room_name);
        let filter = definition.map(|definition| definition.filter(options));
        filter.unwrap_or_default().as_str().to_owned()
    }

    fn queues(&self) -> Arc<dyn Queues> {
        Arc::clone(&self.0.node.queues)
    }

    fn match_id(&self) -> MatchId {
        entropy::match_id()
    }

    fn seat(&self, party: Party, deadline: Timestamp) -> Later<Result<Vec<Offer>, Refusal>> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move { matchmake::seat_party(&desk, party, deadline).await })
    }

    fn watch_listings(&self) -> Option<ListingFeed> {
        self.0.node.registry.watch_listings()
    }

    fn is_for_players(&self, room_name: &str) -> bool {
        let definition = self.0.node.definitions.get(room_name);
        let is_own = definition.is_some_and(|definition| !definition.is_for_players());
        !is_own && room_name != monitor::ROOM_NAME
    }

    fn lobby_rooms_max(&self) -> usize {
        self.0.node.settings.limits.lobby_rooms_max as usize
    }
}
