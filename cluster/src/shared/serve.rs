//! The half of the registry that asks the store: on the driver's thread, under the same trait.

mod asks;
mod finds;
mod jobs;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use tokio::task::JoinSet;

use super::desk::{Asked, Desk, Request, lock};
use super::lines::Lines;
use super::loads::NodeLoad;
use super::registry::Shared;
use super::reply::{self, ReplyError};
use super::store::{Call, Reply, Store, StoreError};

/// Between two exchanges of loads.
const LOADS_EVERY: Duration = Duration::from_millis(100);
/// A node that has told no load for so long gets no rooms.
const LOAD_AGE_MAX: Duration = Duration::from_secs(1);
/// Between two looks for promises that are over, and for rooms that nobody speaks of.
const EXPIRE_EVERY: Duration = Duration::from_secs(1);

/// What the driver's owner should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A room of this node turned out to be another's: end it without a word.
    Lost(RoomId),
    /// A call failed. What had to be told is told again; requests fail.
    Failed {
        /// The script that was called.
        script: &'static str,
        /// Why.
        error: StoreError,
    },
    /// A script answered what this version does not know.
    Unreadable(ReplyError),
}

/// What [`serve`] takes from its surroundings.
pub struct Surroundings<S> {
    /// Where rooms are kept.
    pub store: Rc<S>,
    /// The node's clock.
    pub clock: Rc<dyn Fn() -> Timestamp>,
    /// Hears what should be known.
    pub events: Rc<dyn Fn(Event)>,
}

/// Does what the shards ask of the registry, until dropped.
///
/// Runs in a [`LocalSet`](tokio::task::LocalSet) of a runtime with a timer, once for each registry.
pub async fn serve<S: Store + 'static>(registry: &Shared, surroundings: Surroundings<S>) {
    let desk = registry.desk.clone();
    let lines = Lines::new(desk.waiting_max);
    let driver = Driver(Rc::new(Inner {
        desk,
        store: surroundings.store,
        clock: surroundings.clock,
        events: surroundings.events,
        lines: RefCell::new(lines),
        is_exchanging: Cell::new(false),
        is_expiring: Cell::new(false),
    }));
    driver.run().await;
}

struct Driver<S>(Rc<Inner<S>>);

struct Inner<S> {
    desk: Arc<Desk>,
    store: Rc<S>,
    clock: Rc<dyn Fn() -> Timestamp>,
    events: Rc<dyn Fn(Event)>,
    lines: RefCell<Lines<Asked>>,
    is_exchanging: Cell<bool>,
    is_expiring: Cell<bool>,
}

impl<S> Clone for Driver<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Store + 'static> Driver<S> {
    async fn run(&self) {
        let mut tasks = JoinSet::new();
        let (mut loads_at, mut expire_at) = (self.now(), self.now());
        loop {
            let (now, revision) = (self.now(), self.0.desk.revision());
            while tasks.try_join_next().is_some() {}
            self.begin_requests(&mut tasks);
            self.begin_jobs(&mut tasks, now);
            self.begin_rounds(&mut tasks, now);
            if loads_at <= now {
                loads_at = now.after(LOADS_EVERY);
                tasks.spawn_local(self.clone().exchange_loads());
            }
            if expire_at <= now {
                expire_at = now.after(EXPIRE_EVERY);
                tasks.spawn_local(self.clone().expire());
            }
            let next = self.next_at().min(loads_at).min(expire_at);
            let news = self.0.desk.changed_since(revision);
            // Either will do.
            let _ = tokio::time::timeout(next.since(self.now()), news).await;
        }
    }

    fn begin_requests(&self, tasks: &mut JoinSet<()>) {
        while let Some(request) = self.0.desk.look(|state| state.take_request()) {
            tasks.spawn_local(self.clone().request(request));
        }
    }

    fn begin_jobs(&self, tasks: &mut JoinSet<()>, now: Timestamp) {
        while let Some(job) = self.0.desk.look(|state| state.dirty.poll(now)) {
            tasks.spawn_local(self.clone().job(job));
        }
    }

    fn begin_rounds(&self, tasks: &mut JoinSet<()>, now: Timestamp) {
        if self.0.desk.look(|state| state.is_stopped) {
            return self.stop_waiting();
        }
        loop {
            let round = self.0.lines.borrow_mut().begin_round(now);
            let Some((line, waiting)) = round else {
                return;
            };
            tasks.spawn_local(self.clone().round(line, waiting));
        }
    }

    fn next_at(&self) -> Timestamp {
        let next = self.0.desk.look(|state| state.dirty.next_at());
        next.min(self.0.lines.borrow().next_at())
    }

    async fn request(self, request: Request) {
        match request {
            Request::Find(asked) => self.find(asked).await,
            Request::List(name, answer) => self.list(name.as_deref(), answer).await,
            Request::Locate(room, answer) => self.locate(room, answer).await,
            Request::Release(hold) => {
                let call = self.0.desk.calls.release(&hold);
                let _ = self.call(call).await;
            }
            Request::Finish(ticket) => self.finish(&ticket).await,
        }
        let waiting = self.0.lines.borrow().waiting();
        self.0.desk.change(|state| {
            state.counts.waiting = waiting;
            state.done();
        });
    }

    async fn exchange_loads(self) {
        if self.0.is_exchanging.replace(true) {
            return;
        }
        let own = lock(&self.0.desk.spread).own();
        let call = self.0.desk.calls.loads(super::loads::write(&own));
        if let Some(nodes) = self.asked(call, reply::loads).await {
            let is_fresh = |node: &NodeLoad| node.age <= LOAD_AGE_MAX;
            let fresh = nodes.into_iter().filter(is_fresh);
            let view = fresh.flat_map(|node| node.shards);
            lock(&self.0.desk.spread).see(view);
        }
        self.0.is_exchanging.set(false);
    }

    async fn expire(self) {
        if self.0.is_expiring.replace(true) {
            return;
        }
        for name in self.0.desk.look(|state| state.dirty.names()) {
            let call = self.0.desk.calls.expire(&name);
            if let Some((holds, _)) = self.asked(call, reply::expired).await
                && holds > 0
            {
                self.0.lines.borrow_mut().hurry(&name);
                self.0
                    .desk
                    .change(|state| state.counts.holds_expired += holds);
            }
        }
        self.0.is_expiring.set(false);
    }

    /// Asks and reads the answer; `None` if there is none that can be read.
    async fn asked<T>(
        &self,
        call: Call,
        read: impl FnOnce(&Reply) -> Result<T, ReplyError>,
    ) -> Option<T> {
        let reply = self.call(call).await.ok()?;
        self.read(&reply, read).ok()
    }

    async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        let script = call.script.name;
        let reply = self.0.store.call(call).await;
        if let Err(error) = &reply {
            let now = self.now();
            self.0.desk.look(|state| {
                state.counts.calls_failed += 1;
                state.doubt(now);
            });
            let error = error.clone();
            (self.0.events)(Event::Failed { script, error });
        }
        reply
    }

    fn read<T>(
        &self,
        reply: &Reply,
        read: impl FnOnce(&Reply) -> Result<T, ReplyError>,
    ) -> Result<T, ReplyError> {
        read(reply).inspect_err(|error| {
            self.0.desk.look(|state| state.counts.calls_failed += 1);
            (self.0.events)(Event::Unreadable(error.clone()));
        })
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }
}

impl<S> std::fmt::Debug for Surroundings<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings(..)")
    }
}
