//! The registry of one node, in its memory.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::board::{Board, Grant, Outcome};
use crate::claim::Claims;
use crate::feed::Feeds;
use crate::lobby::WaiterId;
use crate::placement::Placement;
use crate::{
    Counts, FindError, Found, Hold, HoldId, HoldPass, ListingFeed, Load, Located, Location,
    Pending, Query, Registry, RoomListing, RoomRecord, Ticket, TicketPass,
};

/// A registry for a node on its own: what is true when no other is configured.
///
/// Everything is answered under a lock that is held for microseconds; nobody is woken under it.
#[derive(Debug)]
pub struct Embedded {
    shared: Arc<Shared>,
}

impl Embedded {
    /// An empty registry that keeps to these limits.
    pub fn new(limits: &Limits) -> Self {
        let matchmaker = Matchmaker {
            board: Board::new(limits),
            feeds: Feeds::default(),
            feeds_refused: 0,
            wakers: BTreeMap::new(),
        };
        let shared = Arc::new(Shared {
            lobbies_max: limits.lobbies_max,
            matchmaker: Mutex::new(matchmaker),
            placement: Mutex::default(),
        });
        Self { shared }
    }
}

impl Registry for Embedded {
    fn publish(&self, record: RoomRecord, settled: Vec<Hold>, ticket: Option<Ticket>) {
        let settled = settled.into_iter().map(|hold| hold.into_pass().id);
        let settled: Vec<HoldId> = settled.collect();
        let ticket = ticket.map(|ticket| ticket.into_pass().id);
        self.shared.step(|matchmaker| {
            let room = record.room;
            matchmaker.board.publish(record, &settled, ticket);
            if let Some(record) = matchmaker.board.locate(room) {
                matchmaker.feeds.publish(&record);
            }
        });
    }

    fn withdraw(&self, room: RoomId) {
        self.shared.step(|matchmaker| {
            matchmaker.board.withdraw(room);
            matchmaker.feeds.withdraw(room);
        });
    }

    /// There are no other nodes.
    fn until_known(&self, _room: RoomId) -> Option<Pending<()>> {
        None
    }

    fn locate(&self, room: RoomId) -> Pending<Located> {
        let record = self.shared.decide(|board| board.locate(room));
        Box::pin(ready(Ok(record)))
    }

    fn list(&self, name: Option<&str>) -> Pending<Vec<RoomListing>> {
        let mut records = self.shared.decide(|board| board.list(name));
        records.retain(|record| !record.private);
        records.sort_by_key(|record| (record.created_at, record.room));
        let listings = records.iter().map(|record| RoomListing::from(&**record));
        Box::pin(ready(listings.collect()))
    }

    fn records(&self) -> Pending<Vec<Arc<RoomRecord>>> {
        let records = self.shared.decide(|board| board.list(None));
        Box::pin(ready(records))
    }

    fn watch_listings(&self) -> Option<ListingFeed> {
        let max = self.shared.lobbies_max;
        self.shared.step(|matchmaker| {
            let rooms = matchmaker.board.list(None);
            let feed = matchmaker.feeds.watch(max, rooms);
            matchmaker.feeds_refused += u64::from(feed.is_none());
            feed
        })
    }

    fn find(&self, query: Query, now: Timestamp) -> Pending<Result<Found, FindError>> {
        match self.shared.decide(|board| board.find(query, now)) {
            Ok(Outcome::Granted(grant)) => Box::pin(ready(Ok(self.shared.found(grant)))),
            Ok(Outcome::Waits(waiter)) => Box::pin(Waiting {
                waiter,
                shared: self.shared.clone(),
            }),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn adopt_hold(&self, pass: HoldPass) -> Hold {
        Hold::new(pass, self.shared.clone())
    }

    fn adopt_ticket(&self, pass: TicketPass) -> Ticket {
        Ticket::new(pass, self.shared.clone())
    }

    fn report_load(&self, shard: Location, load: Load) {
        lock(&self.shared.placement).report(shard, load);
    }

    fn place(&self) -> Option<Location> {
        lock(&self.shared.placement).place()
    }

    fn expire(&self, now: Timestamp) {
        self.shared.step(|matchmaker| {
            matchmaker.board.expire(now);
            if matchmaker.feeds.is_behind() {
                matchmaker.feeds.repair(&matchmaker.board.list(None));
            }
        });
    }

    fn stop(&self) {
        self.shared.decide(Board::stop);
    }

    fn counts(&self) -> Counts {
        self.shared.step(|matchmaker| Counts {
            lobbies_refused: matchmaker.feeds_refused,
            ..matchmaker.board.counts()
        })
    }
}

/// What the registry, its claims and the requests that wait have in common.
struct Shared {
    lobbies_max: u64,
    matchmaker: Mutex<Matchmaker>,
    placement: Mutex<Placement>,
}

struct Matchmaker {
    board: Board,
    feeds: Feeds,
    feeds_refused: u64,
    /// Of those who wait and were polled since.
    wakers: BTreeMap<WaiterId, Waker>,
}

impl Shared {
    /// Runs one step of the board: see [`Self::step`].
    fn decide<T>(&self, step: impl FnOnce(&mut Board) -> T) -> T {
        self.step(|matchmaker| step(&mut matchmaker.board))
    }

    /// Runs one step, then wakes those whom the board answered.
    fn step<T>(&self, step: impl FnOnce(&mut Matchmaker) -> T) -> T {
        let (outcome, answered) = {
            let matchmaker = &mut *lock(&self.matchmaker);
            let outcome = step(matchmaker);
            let answered = matchmaker.board.take_answered().into_iter();
            let wakers = answered.filter_map(|waiter| matchmaker.wakers.remove(&waiter));
            (outcome, wakers.collect::<Vec<Waker>>())
        };
        answered.into_iter().for_each(Waker::wake);
        outcome
    }

    /// Gives a grant to its owner, who may drop it from now on: not under the lock.
    fn found(self: &Arc<Self>, grant: Grant) -> Found {
        match grant {
            Grant::Room { record, hold } => {
                let pass = HoldPass {
                    room: record.room,
                    name: record.name.clone(),
                    id: hold,
                };
                let hold = Hold::new(pass, self.clone());
                Found::Room { record, hold }
            }
            Grant::Nothing => Found::Nothing,
            Grant::Create(ticket) => Found::Create(Ticket::new(ticket, self.clone())),
        }
    }
}

impl Claims for Shared {
    fn release(&self, hold: &HoldPass) {
        self.decide(|board| board.release(hold.id));
    }

    fn finish(&self, ticket: &TicketPass) {
        self.decide(|board| board.finish(ticket.id));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = lock(&self.matchmaker).board.counts();
        f.debug_tuple("Shared").field(&counts).finish()
    }
}

/// A request that waits for another to create a room.
struct Waiting {
    waiter: WaiterId,
    shared: Arc<Shared>,
}

impl Future for Waiting {
    type Output = Result<Found, FindError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Lives longer than the lock: the last waker of a task ends the task and its claims.
        let _replaced;
        let answer = {
            let matchmaker = &mut *lock(&self.shared.matchmaker);
            let answer = matchmaker.board.take_answer(self.waiter);
            _replaced = match answer {
                Some(_) => None,
                None => matchmaker
                    .wakers
                    .insert(self.waiter, context.waker().clone()),
            };
            answer
        };
        answer.map_or(Poll::Pending, |answer| {
            Poll::Ready(answer.map(|grant| self.shared.found(grant)))
        })
    }
}

/// Given up, or answered before: then there is nothing to cancel.
impl Drop for Waiting {
    fn drop(&mut self) {
        let _waker = lock(&self.shared.matchmaker).wakers.remove(&self.waiter);
        self.shared.decide(|board| board.cancel(self.waiter));
    }
}

/// A panic under one of the locks is a bug that has been reported by then; the other shards go on
/// with what it left.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
