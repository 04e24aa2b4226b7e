//! The registry that nodes share, as shards see it.

use std::future::ready;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;

use super::call::Calls;
use super::desk::{Asked, Desk, Request, lock};
use super::dirty::{Dirty, Pace};
use super::keys::Keys;
use super::owner::{Owner, Title};
use crate::{
    Counts, FindError, Found, Hold, HoldPass, ListingFeed, Load, LocateError, Located, Location,
    Pending, Query, Registry, RoomListing, RoomRecord, Ticket, TicketPass,
};

/// What a node's registry is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// This life of this node.
    pub owner: Owner,
    /// What all keys begin with.
    pub keys: Keys,
    /// Drawn at random by the caller: no other registry has it.
    pub seed: u64,
    /// How often things are told.
    pub pace: Pace,
}

/// The registry of one of many nodes. Rooms, holds and tickets are kept in a store that all nodes
/// share, behind [`serve`](super::serve), which runs on a thread of its own.
///
/// - [`records`](Registry::records) are those of this node's rooms only: who operates many nodes
///   asks each.
/// - [`list`](Registry::list) is of all nodes' rooms; of this node's only, while the store is out
///   of reach.
/// - [`locate`](Registry::locate) knows this node's rooms at once, those of others by the store;
///   while the store is out of reach, or may have forgotten rooms that their owners are telling it
///   again, it is asked again for 6 s. That there is no such room it has to say for 200 ms. A
///   room's time of creation is by the store's clock.
/// - [`counts`](Registry::counts) are of this node. Its holds and tickets are those that its
///   requests have; the expired ones are those that it found.
/// - [`expire`](Registry::expire) does nothing: the driver's thread does it.
/// - Among rooms of other nodes, the oldest is that by the store's clock.
#[derive(Clone, Debug)]
pub struct Shared {
    pub(crate) desk: Arc<Desk>,
}

impl Shared {
    /// A registry that keeps to these limits. It answers as soon as it is served.
    pub fn new(setup: Setup, limits: &Limits) -> Self {
        let Setup {
            owner,
            keys,
            seed,
            pace,
        } = setup;
        let calls = Calls { keys, owner };
        let desk = Desk::new(calls, limits, Dirty::new(pace), seed);
        let desk = Arc::new(desk);
        Self { desk }
    }

    /// Publishes a room that was taken over: its record in the store says already that it is this
    /// node's.
    pub fn adopt_room(&self, record: RoomRecord, title: Title, now: Timestamp) {
        let record = Arc::new(record);
        self.desk
            .change(|state| state.dirty.adopt(record, title, now));
    }

    /// What goes with all that is written of a room of this node; `None` until the store has
    /// confirmed that it is.
    pub fn title(&self, room: RoomId) -> Option<Title> {
        self.desk.look(|state| state.dirty.title(room))
    }

    /// The rooms of all nodes; `None` if the store does not tell.
    pub(crate) async fn records_of_all(&self) -> Option<Vec<Arc<RoomRecord>>> {
        let rooms = self.read_all(None).await?;
        Some(rooms.into_iter().map(Arc::new).collect())
    }

    /// Has the store told again of all that it was told: it may have forgotten some of it.
    pub(crate) fn tell_again(&self, now: Timestamp) {
        self.desk.change(|state| {
            state.doubt(now);
            state.dirty.tell_again();
        });
    }

    async fn read_all(&self, name: Option<Arc<str>>) -> Option<Vec<RoomRecord>> {
        let (answer, rooms) = oneshot::channel();
        self.desk.ask(Request::List(name, answer)).ok()?;
        rooms.await.ok()
    }

    /// The rooms of this node that the store has confirmed.
    pub(crate) fn confirmed_rooms(&self) -> Vec<(Arc<RoomRecord>, Title)> {
        self.desk.look(|state| {
            let records = state.dirty.records();
            let titled = records.filter_map(|record| {
                let title = state.dirty.title(record.room)?;
                Some((record.clone(), title))
            });
            titled.collect()
        })
    }

    /// Whether the store has been told of all that was published, and all requests were answered.
    pub fn is_idle(&self) -> bool {
        self.desk.look(|state| state.is_idle())
    }

    fn own_listings(&self, name: Option<&str>) -> Vec<RoomListing> {
        let mut own = self.own_records();
        own.retain(|record| !record.private && name.is_none_or(|name| *record.name == *name));
        own.sort_by_key(|record| (record.created_at, record.room));
        own.iter()
            .map(|record| RoomListing::from(&**record))
            .collect()
    }

    fn own_records(&self) -> Vec<Arc<RoomRecord>> {
        self.desk
            .look(|state| state.dirty.records().cloned().collect())
    }
}

impl Registry for Shared {
    fn publish(&self, record: RoomRecord, settled: Vec<Hold>, ticket: Option<Ticket>) {
        let settled = settled.into_iter().map(|hold| hold.into_pass().id);
        let settled = settled.collect();
        let ticket = ticket.map(Ticket::into_pass);
        let record = Arc::new(record);
        self.desk
            .change(|state| state.dirty.publish(record, settled, ticket));
    }

    fn withdraw(&self, room: RoomId) {
        self.desk.change(|state| {
            state.dirty.withdraw(room);
            state.tell_known();
        });
    }

    fn until_known(&self, room: RoomId) -> Option<Pending<()>> {
        let known = self.desk.look(|state| state.await_known(room))?;
        // An end without a word is the end of this registry, and of its rooms.
        Some(Box::pin(async { known.await.unwrap_or_default() }))
    }

    fn locate(&self, room: RoomId) -> Pending<Located> {
        let own = self.desk.look(|state| state.dirty.record(room).cloned());
        if own.is_some() {
            return Box::pin(ready(Ok(own)));
        }
        let (answer, record) = oneshot::channel();
        match self.desk.ask(Request::Locate(room, answer)) {
            Ok(()) => Box::pin(async { record.await.unwrap_or(Err(LocateError)) }),
            Err(_) => Box::pin(ready(Err(LocateError))),
        }
    }

    fn list(&self, name: Option<&str>) -> Pending<Vec<RoomListing>> {
        let (registry, name) = (self.clone(), name.map(Arc::<str>::from));
        Box::pin(async move {
            let rooms = registry.read_all(name.clone()).await;
            let Some(mut rooms) = rooms else {
                return registry.own_listings(name.as_deref());
            };
            rooms.retain(|room| !room.private);
            rooms.sort_by_key(|room| (room.created_at, room.room));
            rooms.iter().map(RoomListing::from).collect()
        })
    }

    fn records(&self) -> Pending<Vec<Arc<RoomRecord>>> {
        Box::pin(ready(self.own_records()))
    }

    /// Nobody is told of the rooms of other nodes here: that is the driver's.
    fn watch_listings(&self) -> Option<ListingFeed> {
        None
    }

    fn find(&self, query: Query, _now: Timestamp) -> Pending<Result<Found, FindError>> {
        if self.desk.look(|state| state.is_stopped) {
            return Box::pin(ready(Err(FindError::Stopped)));
        }
        let (answer, found) = oneshot::channel();
        let unavailable = |reason: &str| {
            let reason = reason.to_owned();
            Err(FindError::Unavailable { reason })
        };
        match self.desk.ask(Request::Find(Asked { query, answer })) {
            Ok(()) => Box::pin(async move {
                let found = found.await;
                found.unwrap_or_else(|_| unavailable("its driver has ended"))
            }),
            Err(_) => Box::pin(ready(unavailable("too many requests wait for it"))),
        }
    }

    fn adopt_hold(&self, pass: HoldPass) -> Hold {
        self.desk.hold(pass)
    }

    fn adopt_ticket(&self, pass: TicketPass) -> Ticket {
        self.desk.ticket(pass)
    }

    fn report_load(&self, shard: Location, load: Load) {
        lock(&self.desk.spread).report(shard, load);
    }

    fn place(&self) -> Option<Location> {
        lock(&self.desk.spread).place()
    }

    fn expire(&self, _now: Timestamp) {}

    fn stop(&self) {
        self.desk.change(|state| state.is_stopped = true);
    }

    fn counts(&self) -> Counts {
        self.desk.look(|state| Counts {
            rooms: state.dirty.records().count() as u64,
            ..state.counts
        })
    }
}
