//! The embedded registry from outside.
#![allow(clippy::unwrap_used, reason = "all of this is test")]

mod memory_store;
mod promises;
mod random;
mod simulation;
mod storm;
mod subject;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use downbeat_cluster::{
    Embedded, Filter, FindError, Found, Hold, Location, Mode, Pending, Query, Registry, RoomRecord,
    SortBy, Ticket,
};
use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::time::Timestamp;

type Answer = Pending<Result<Found, FindError>>;

/// An open room without clients, created at the time of its id.
fn record(room: u64, clients_max: u32) -> RoomRecord {
    RoomRecord {
        room: RoomId(room),
        name: "arena".into(),
        location: Location {
            node: NodeId(1),
            shard: ShardId(0),
        },
        epoch: Epoch::FIRST,
        clients: 0,
        clients_max,
        locked: false,
        private: false,
        metadata: serde_json::Value::Null,
        filter: Filter::default(),
        created_at: Timestamp(room),
        public_address: None,
    }
}

fn query(mode: Mode) -> Query {
    Query {
        name: "arena".into(),
        filter: Filter::default(),
        sort_by: SortBy::default(),
        exclude: Vec::new(),
        mode,
    }
}

/// A future's waker that remembers that it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Flag {
    fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn poll<T>(future: &mut Pending<T>, flag: &Arc<Flag>) -> Option<T> {
    let waker = Waker::from(flag.clone());
    match future.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// The value of a future that does not wait.
fn now_or_never<T>(mut future: Pending<T>) -> T {
    poll(&mut future, &Arc::default()).expect("an answer at once")
}

/// Asks for what must be there at once.
fn find(registry: &Embedded, mode: Mode, now: Timestamp) -> Found {
    now_or_never(registry.find(query(mode), now)).unwrap()
}

fn hold(found: Found) -> Hold {
    match found {
        Found::Room { hold, .. } => hold,
        other => panic!("expected a room, found {other:?}"),
    }
}

fn ticket(found: Found) -> Ticket {
    match found {
        Found::Create(ticket) => ticket,
        other => panic!("expected a ticket, found {other:?}"),
    }
}
