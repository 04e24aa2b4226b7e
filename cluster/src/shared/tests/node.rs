//! A node of this process, with a driver's thread, and what tests do with it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use downbeat_schemas::id::{NodeId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;
use tokio::task::LocalSet;

use super::owner;
use super::redis::{Client, Server};
use crate::shared::keys::Keys;
use crate::shared::store::{Call, Reply, Store, StoreError};
use crate::shared::{Event, Pace, Setup, Shared, Surroundings, serve};
use crate::{
    Filter, FindError, Found, Load, Location, Mode, Pending, Query, Registry, RoomRecord, SortBy,
};

/// Longer than anything takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// One server's store, which can be cut off.
pub(super) struct RedisStore {
    pub(super) client: RefCell<Client>,
    pub(super) is_cut_off: Arc<AtomicBool>,
}

impl Store for RedisStore {
    async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        if self.is_cut_off.load(Ordering::Relaxed) {
            return Err(StoreError("cut off".into()));
        }
        self.client.borrow_mut().call(&call)
    }
}

/// A registry with its driver, which ends when this is dropped.
pub(super) struct Node {
    pub(super) registry: Shared,
    pub(super) id: u64,
    pub(super) is_cut_off: Arc<AtomicBool>,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
    end: Option<oneshot::Sender<()>>,
    driver: Option<JoinHandle<()>>,
}

impl Node {
    pub(super) fn start(server: &Server, id: u64, limits: &Limits) -> Self {
        let setup = Setup {
            owner: owner(id),
            keys: Keys::new("downbeat"),
            seed: id,
            pace: Pace::default(),
        };
        let registry = Shared::new(setup, limits);
        registry.report_load(location(id), Load::IDLE);
        let is_cut_off = Arc::new(AtomicBool::new(false));
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let (end, ended) = oneshot::channel();
        let driver = {
            let (registry, client) = (registry.clone(), Client::of(server));
            let (is_cut_off, events) = (is_cut_off.clone(), events.clone());
            thread::spawn(move || drive(&registry, client, is_cut_off, events, ended))
        };
        Self {
            registry,
            id,
            is_cut_off,
            events,
            end: Some(end),
            driver: Some(driver),
        }
    }

    pub(super) fn find(&self, mode: Mode) -> Pending<Result<Found, FindError>> {
        self.registry.find(query(mode), Timestamp::default())
    }

    /// Publishes, and waits until the store knows.
    pub(super) fn publish(&self, mut record: RoomRecord) {
        record.location = location(self.id);
        self.registry.publish(record, Vec::new(), None);
        self.settle();
    }

    pub(super) fn settle(&self) {
        wait_until(|| self.registry.is_idle());
    }
}

fn drive(
    registry: &Shared,
    client: Client,
    is_cut_off: Arc<AtomicBool>,
    events: Arc<Mutex<Vec<Event>>>,
    ended: oneshot::Receiver<()>,
) {
    let start = Instant::now();
    let clock = move || Timestamp::default().after(start.elapsed());
    let surroundings = Surroundings {
        store: Rc::new(RedisStore {
            client: RefCell::new(client),
            is_cut_off,
        }),
        clock: Rc::new(clock),
        events: Rc::new(move |event| events.lock().unwrap().push(event)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let registry = registry.clone();
    LocalSet::new().block_on(&runtime, async move {
        let served = tokio::task::spawn_local(async move { serve(&registry, surroundings).await });
        let _ = ended.await;
        served.abort();
    });
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(driver) = self.driver.take() {
            driver.join().unwrap();
        }
    }
}

pub(super) fn location(node: u64) -> Location {
    Location {
        node: NodeId(node),
        shard: ShardId(0),
    }
}

pub(super) fn query(mode: Mode) -> Query {
    Query {
        name: "arena".into(),
        filter: Filter::default(),
        sort_by: SortBy::default(),
        exclude: Vec::new(),
        mode,
    }
}

pub(super) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "it does not come to that");
        thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn block_on<T>(mut future: Pending<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let start = Instant::now();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park_timeout(PATIENCE),
        }
        assert!(start.elapsed() < PATIENCE, "no answer");
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
