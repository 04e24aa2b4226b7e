//! What the built-in rooms ask of what is around them: the queues, seats in other rooms, the list of
//! rooms.

#[cfg(test)]
pub(crate) mod fake;
mod node;

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use downbeat_cluster::ListingFeed;
use downbeat_cluster::queue::{MatchId, Queues};
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use node::open_surroundings;

use crate::link::{Guest, Offer, Refusal};
use crate::rooms::QueueRules;

/// An answer that comes later: a hook does not wait.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// The node as a room knows it. Tests of rooms have one of their own.
pub(crate) trait Surroundings {
    /// The clock of the node.
    fn now(&self) -> Timestamp;
    /// The rules of a queue's room type; none if it is no queue.
    fn queue_rules(&self, room_name: &str) -> Option<Arc<QueueRules>>;
    /// The values by which rooms of a type are told apart, as text: `{}` if by none.
    fn filter(&self, room_name: &str, options: &Value) -> String;
    /// The queues of all nodes.
    fn queues(&self) -> Arc<dyn Queues>;
    /// A name that no other match has.
    fn match_id(&self) -> MatchId;
    /// Creates a room and reserves a seat in it for each guest, or for none. By the deadline.
    fn seat(&self, party: Party, deadline: Timestamp) -> Later<Result<Vec<Offer>, Refusal>>;
    /// All rooms, and what changes in them; none at `lobbies_max`.
    fn watch_listings(&self) -> Option<ListingFeed>;
    /// Whether rooms of this type are there to play in: lobbies, queues and the monitor are not.
    fn is_for_players(&self, room_name: &str) -> bool;
    /// Rooms that a lobby shows.
    fn lobby_rooms_max(&self) -> usize;
}

/// Who is to play together, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Party {
    /// The room type.
    pub(crate) name: Arc<str>,
    /// What the room is created with.
    pub(crate) options: Value,
    pub(crate) guests: Vec<Guest>,
}

thread_local! {
    static AROUND: RefCell<Option<Rc<dyn Surroundings>>> = const { RefCell::new(None) };
}

/// Tells the rooms of this thread, which is a shard's, what is around them. A room is made by its
/// type alone and carries nothing from outside, so that it can be frozen.
pub(crate) fn set_surroundings(surroundings: Rc<dyn Surroundings>) {
    AROUND.set(Some(surroundings));
}

/// What is around; nothing on a thread that is no shard's, as in a replay.
pub(crate) fn surroundings() -> Option<Rc<dyn Surroundings>> {
    AROUND.with_borrow(Clone::clone)
}
