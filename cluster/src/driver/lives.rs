//! The registry of this node, through all of its lives.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::listings::Listings;
use crate::shared::Shared;
use crate::{
    Counts, FindError, Found, Hold, HoldPass, ListingFeed, Load, Located, Location, Pending, Query,
    Registry, RoomListing, RoomRecord, Ticket, TicketPass,
};

/// The shared registry of the present life: one that was declared dead is never spoken to again, so
/// that nothing of it is told in the name of the next.
pub(super) struct Lives {
    present: Mutex<Shared>,
    listings: Arc<Listings>,
    lobbies_max: u64,
}

impl Lives {
    pub(super) fn new(first: Shared, listings: Arc<Listings>, limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            present: Mutex::new(first),
            listings,
            lobbies_max: limits.lobbies_max,
        })
    }

    /// From now on this one.
    pub(super) fn begin(&self, next: Shared) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// The present one.
    pub(super) fn present(&self) -> Shared {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.clone()
    }
}

impl fmt::Debug for Lives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.present().fmt(f)
    }
}

impl Registry for Lives {
    fn publish(&self, record: RoomRecord, settled: Vec<Hold>, ticket: Option<Ticket>) {
        self.listings.publish(&Arc::new(record.clone()));
        self.present().publish(record, settled, ticket);
    }

    fn withdraw(&self, room: RoomId) {
        self.listings.withdraw(room);
        self.present().withdraw(room);
    }

    fn until_known(&self, room: RoomId) -> Option<Pending<()>> {
        self.present().until_known(room)
    }

    fn locate(&self, room: RoomId) -> Pending<Located> {
        self.present().locate(room)
    }

    fn list(&self, name: Option<&str>) -> Pending<Vec<RoomListing>> {
        self.present().list(name)
    }

    fn records(&self) -> Pending<Vec<Arc<RoomRecord>>> {
        self.present().records()
    }

    fn watch_listings(&self) -> Option<ListingFeed> {
        self.listings.watch(self.lobbies_max)
    }

    fn find(&self, query: Query, now: Timestamp) -> Pending<Result<Found, FindError>> {
        self.present().find(query, now)
    }

    fn adopt_hold(&self, pass: HoldPass) -> Hold {
        self.present().adopt_hold(pass)
    }

    fn adopt_ticket(&self, pass: TicketPass) -> Ticket {
        self.present().adopt_ticket(pass)
    }

    fn report_load(&self, shard: Location, load: Load) {
        self.present().report_load(shard, load);
    }

    fn place(&self) -> Option<Location> {
        self.present().place()
    }

    fn expire(&self, now: Timestamp) {
        self.present().expire(now);
    }

    fn stop(&self) {
        self.present().stop();
    }

    fn counts(&self) -> Counts {
        Counts {
            lobbies_refused: self.listings.refused(),
            ..self.present().counts()
        }
    }
}
