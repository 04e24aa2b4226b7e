//! What a shard asks of the registry, whatever keeps it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use crate::{
    FindError, Found, Hold, HoldPass, ListingFeed, Load, Located, Location, Query, RoomListing,
    RoomRecord, Ticket, TicketPass,
};

/// An answer that may have to come from elsewhere. To give up, drop it.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The directory of rooms, shared by all shards of a node.
///
/// Callable from any thread; no call blocks but for a short lock.
pub trait Registry: fmt::Debug + Send + Sync {
    /// Tells how a room is now: at its creation and whenever something in the record changes.
    ///
    /// Only the owner's shard calls this. `settled` are the holds whose seats are counted in
    /// `record.clients` from now on: both in one call, or a seat would for a moment count twice or
    /// not at all. `ticket` is the one that the room was created with, at its first publication:
    /// in one call too, so that nobody gets the next ticket who could get a seat.
    fn publish(&self, record: RoomRecord, settled: Vec<Hold>, ticket: Option<Ticket>);

    /// Forgets a room that ended. Its holds end with it.
    fn withdraw(&self, room: RoomId);

    /// Resolves once all nodes can locate a room of this one, or it has ended; `None` if they can
    /// already. A seat in it is of no use to a client at another node before.
    fn until_known(&self, room: RoomId) -> Option<Pending<()>>;

    /// Where a room is, private and locked ones too; `None` if there is none of this id.
    ///
    /// # Errors
    /// [`LocateError`](crate::LocateError) if that is not known for certain.
    fn locate(&self, room: RoomId) -> Pending<Located>;

    /// The rooms of a name, or all, oldest first; private ones left out, locked ones shown.
    fn list(&self, name: Option<&str>) -> Pending<Vec<RoomListing>>;

    /// All rooms, in no order; private and locked ones too. For operators, not for clients.
    fn records(&self) -> Pending<Vec<Arc<RoomRecord>>>;

    /// All rooms that clients may see, and from then on what changes in them. `None` if `lobbies_max`
    /// watch on this node.
    fn watch_listings(&self) -> Option<ListingFeed>;

    /// Looks for a room with a free seat and holds the seat, or allows to create one.
    ///
    /// With [`Mode::JoinOrCreate`](crate::Mode::JoinOrCreate), and while another request creates a
    /// room of the same name and filter, the answer stays pending until that request
    /// publishes or gives up. The caller bounds the wait by dropping the future. The
    /// search itself is done by the call, not by the first poll.
    ///
    /// # Errors
    /// [`FindError`] after [`stop`](Self::stop), or if too many requests wait.
    fn find(&self, query: Query, now: Timestamp) -> Pending<Result<Found, FindError>>;

    /// Makes a hold out of what another node sent along with a request for a seat.
    fn adopt_hold(&self, pass: HoldPass) -> Hold;

    /// Makes a ticket out of what another node sent along with a request to create a room.
    fn adopt_ticket(&self, pass: TicketPass) -> Ticket;

    /// Tells the load of a shard, about once a second. Its first report makes the shard known.
    fn report_load(&self, shard: Location, load: Load);

    /// The shard for a new room, by their loads, with the rooms placed since the last reports
    /// counted in: of one node the least loaded one, of many nodes the less loaded of two. `None`
    /// while no shard has reported.
    fn place(&self) -> Option<Location>;

    /// Ends what was promised for a time that is over; called about once a second, by any shard.
    fn expire(&self, now: Timestamp);

    /// No more finds: those that wait and all later ones fail. Rooms may still change and end.
    fn stop(&self);

    /// Numbers for the metrics.
    fn counts(&self) -> Counts;
}

/// How much a registry holds now, and how often a limit was hit since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rooms, private ones included.
    pub rooms: u64,
    /// Seats held for requests that were led to a room and not yet counted by it.
    pub holds: u64,
    /// Requests that are creating a room.
    pub tickets: u64,
    /// Requests that wait for another to create a room.
    pub waiting: u64,
    /// Holds that ended at `matchmake_timeout_ms`.
    pub holds_expired: u64,
    /// Tickets that ended at `create_timeout_ms`.
    pub tickets_expired: u64,
    /// Requests refused at `finds_waiting_max`.
    pub finds_refused: u64,
    /// Requests refused because too many waited for a shared store.
    pub requests_refused: u64,
    /// Calls to a shared store that failed.
    pub calls_failed: u64,
    /// Watchers refused at `lobbies_max`.
    pub lobbies_refused: u64,
}
