//! Where shards and the driver's thread meet: what is asked, what is to be told, what is counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;

use super::call::Calls;
use super::dirty::Dirty;
use super::spread::Spread;
use crate::claim::Claims;
use crate::{
    Counts, FindError, Found, Hold, HoldId, HoldPass, Located, Query, RoomRecord, Ticket, TicketId,
    TicketPass,
};

/// Requests that wait for the driver or its store. Beyond: finds fail with
/// [`FindError::Unavailable`], lists are of this node's rooms, rooms of other nodes are unknown,
/// and claims that are given back end when their time is over.
const REQUESTS_MAX: usize = 16_384;

/// By then all owners have told their rooms again to a store that has forgotten them: longer than
/// the longest pause between two tries of [`Dirty`].
const DOUBT: std::time::Duration = std::time::Duration::from_millis(1_500);

/// A find, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) answer: oneshot::Sender<Result<Found, FindError>>,
}

/// What shards ask of the driver.
#[derive(Debug)]
pub(crate) enum Request {
    Find(Asked),
    List(Option<Arc<str>>, oneshot::Sender<Vec<RoomRecord>>),
    Locate(RoomId, oneshot::Sender<Located>),
    Release(HoldPass),
    Finish(TicketPass),
}

/// See the module.
pub(crate) struct Desk {
    pub(crate) calls: Calls,
    pub(crate) hold_time: std::time::Duration,
    pub(crate) create_time: std::time::Duration,
    pub(crate) waiting_max: u64,
    pub(crate) spread: Mutex<Spread>,
    claim_seed: u64,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) dirty: Dirty,
    pub(crate) counts: Counts,
    pub(crate) is_stopped: bool,
    /// Who waits until the store knows a room: requests for a seat in it.
    awaited: BTreeMap<RoomId, Vec<oneshot::Sender<()>>>,
    requests: VecDeque<Request>,
    /// Taken by the driver and not done yet.
    under_way: usize,
    /// Until then the store may lack rooms that there are.
    doubted_until: Timestamp,
    last_claim: u64,
    /// Rises with each change.
    revision: u64,
    driver: Option<Waker>,
}

impl Desk {
    pub(crate) fn new(
        calls: Calls,
        limits: &downbeat_schemas::limits::Limits,
        dirty: Dirty,
        seed: u64,
    ) -> Self {
        let state = State {
            dirty,
            counts: Counts::default(),
            is_stopped: false,
            awaited: BTreeMap::new(),
            requests: VecDeque::new(),
            under_way: 0,
            doubted_until: Timestamp::default(),
            last_claim: 0,
            revision: 0,
            driver: None,
        };
        Self {
            hold_time: std::time::Duration::from_millis(limits.matchmake_timeout_ms),
            create_time: std::time::Duration::from_millis(limits.create_timeout_ms),
            waiting_max: limits.finds_waiting_max,
            spread: Mutex::new(Spread::new(calls.owner.node, seed)),
            calls,
            claim_seed: seed,
            state: Mutex::new(state),
        }
    }

    /// Looks at the state, then has the driver look at it.
    pub(crate) fn change<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        let (outcome, driver) = {
            let state = &mut *lock(&self.state);
            state.revision += 1;
            (step(state), state.driver.take())
        };
        if let Some(driver) = driver {
            driver.wake();
        }
        outcome
    }

    /// Looks at the state, of which the driver need not know.
    pub(crate) fn look<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        step(&mut lock(&self.state))
    }

    /// Hands a request to the driver.
    ///
    /// # Errors
    /// Gives it back if too many wait; that is counted.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Request> {
        self.change(|state| {
            if state.requests.len() + state.under_way >= REQUESTS_MAX {
                state.counts.requests_refused += 1;
                return Err(request);
            }
            state.requests.push_back(request);
            Ok(())
        })
    }

    /// How often the state was changed so far.
    pub(crate) fn revision(&self) -> u64 {
        self.look(|state| state.revision)
    }

    /// Resolves once there was a change after this one. For the driver only: it is one.
    pub(crate) fn changed_since(&self, revision: u64) -> impl Future<Output = ()> {
        std::future::poll_fn(move |context| {
            let state = &mut *lock(&self.state);
            if state.revision != revision {
                return Poll::Ready(());
            }
            state.driver = Some(context.waker().clone());
            Poll::Pending
        })
    }

    /// No other claim of any node has these.
    pub(crate) fn new_claims(&self) -> (HoldId, TicketId) {
        self.look(|state| {
            state.last_claim += 1;
            let id = u128::from(self.claim_seed) << 64 | u128::from(state.last_claim);
            (HoldId(id), TicketId(id))
        })
    }

    pub(crate) fn hold(self: &Arc<Self>, pass: HoldPass) -> Hold {
        self.look(|state| state.counts.holds += 1);
        Hold::new(pass, self.clone())
    }

    pub(crate) fn ticket(self: &Arc<Self>, pass: TicketPass) -> Ticket {
        self.look(|state| state.counts.tickets += 1);
        Ticket::new(pass, self.clone())
    }
}

impl State {
    /// Waits until the store knows a room; `None` if it does, or the room is not to be known.
    pub(crate) fn await_known(&mut self, room: RoomId) -> Option<oneshot::Receiver<()>> {
        if !self.dirty.is_untold(room) {
            return None;
        }
        let (tell, known) = oneshot::channel();
        self.awaited.entry(room).or_default().push(tell);
        Some(known)
    }

    /// Tells those who wait for a room that the store knows by now, or that has ended.
    pub(crate) fn tell_known(&mut self) {
        let dirty = &self.dirty;
        // Dropped, they have their answer.
        self.awaited.retain(|room, _| dirty.is_untold(*room));
    }

    /// The next request, which is under way until [`done`](Self::done).
    pub(crate) fn take_request(&mut self) -> Option<Request> {
        let request = self.requests.pop_front()?;
        self.under_way += 1;
        Some(request)
    }

    pub(crate) fn done(&mut self) {
        self.under_way -= 1;
    }

    /// The store is out of reach, or may have forgotten something.
    pub(crate) fn doubt(&mut self, now: Timestamp) {
        self.doubted_until = now.after(DOUBT);
    }

    /// Whether the store may lack rooms that there are.
    pub(crate) fn is_in_doubt(&self, now: Timestamp) -> bool {
        now < self.doubted_until
    }

    /// Whether nothing is asked or to be told.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.is_empty() && self.under_way == 0 && self.dirty.is_told()
    }
}

impl Claims for Desk {
    fn release(&self, hold: &HoldPass) {
        self.let_go_of_hold();
        // If it is refused, the hold expires.
        let _ = self.ask(Request::Release(hold.clone()));
    }

    fn finish(&self, ticket: &TicketPass) {
        self.let_go_of_ticket();
        let _ = self.ask(Request::Finish(ticket.clone()));
    }

    fn let_go_of_hold(&self) {
        self.look(|state| state.counts.holds -= 1);
    }

    fn let_go_of_ticket(&self) {
        self.look(|state| state.counts.tickets -= 1);
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = self.look(|state| state.counts);
        f.debug_tuple("Desk").field(&counts).finish()
    }
}

/// A panic under one of the locks is a bug that has been reported by then; the others go on with
/// what it left.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
