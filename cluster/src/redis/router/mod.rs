//! Sends each command to the server that owns its key.
//!
//! There is one connection to each server. A task asks all of them every 200 ms, and soon after an
//! error, who owns what; a command follows up to three redirections and is otherwise not tried
//! again, nor kept for later. One server alone and a master that sentinels watch are the same
//! router with one owner.

mod cluster;
mod links;
mod only;
mod reading;
mod route;
mod sentinel;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::{Rc, Weak};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use self::links::Links;
use super::connector::{Connector, TlsError};
use super::counts::{Counter, RedisCounts};
use super::error::RedisError;
use super::figures::RedisNodeFigures;
use super::link::{KeptLink, Lane, Link};
use super::node::RedisNode;
use super::script::Script;
use super::settings::{RedisSettings, Servers};
use super::slot::Slot;
use super::task::Task;
use super::topology::Topology;

/// Names a master; two are equal if they are the same server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MasterId(pub(crate) RedisNode);

/// The way to all servers. Clones are the same router; it ends with the last of them.
///
/// It lives on one thread, in a `LocalSet`.
#[derive(Clone)]
pub(crate) struct Router(Rc<Inner>);

pub(crate) struct Inner {
    pub(super) settings: RedisSettings,
    pub(super) connector: Connector,
    pub(super) counter: Rc<Counter>,
    pub(super) topology: RefCell<Topology>,
    links: Links,
    /// The sentinels, if there are any: they own no keys.
    sentinels: Vec<KeptLink>,
    look: Rc<Notify>,
    changes: watch::Sender<u64>,
    tasks: RefCell<Vec<Task>>,
}

impl Router {
    /// Begins to connect; [`connect`](Self::connect) returns once that is done and all is well.
    pub(super) fn begin(settings: RedisSettings) -> Result<Self, TlsError> {
        let tls = settings.tls.as_ref();
        let limits = settings.limits;
        let connector = Connector::new(&settings.login, settings.database, tls, &limits)?;
        let counter = Rc::new(Counter::default());
        let sentinels = match &settings.servers {
            Servers::Sentinel {
                sentinels, login, ..
            } => {
                let connector = Connector::new(login, 0, tls, &limits)?;
                let begin =
                    |node: &RedisNode| KeptLink::begin(node.clone(), &connector, &counter, limits);
                sentinels.iter().map(begin).collect()
            }
            _ => Vec::new(),
        };
        let router = Self(Rc::new(Inner {
            topology: RefCell::new(Topology::new(settings.tls.is_some())),
            links: Links::new(connector.clone(), counter.clone(), limits),
            connector,
            counter,
            settings,
            sentinels,
            look: Rc::new(Notify::new()),
            changes: watch::Sender::new(0),
            tasks: RefCell::default(),
        }));
        router.0.keep_links();
        let looking = Task::begin(look_again(Rc::downgrade(&router.0), router.0.look.clone()));
        let reading = Task::begin(reading::read_figures(Rc::downgrade(&router.0)));
        router.0.tasks.borrow_mut().extend([looking, reading]);
        Ok(router)
    }

    /// Sends a command to the owner of `key`.
    ///
    /// # Errors
    /// If there is no answer, or the server refuses.
    pub(crate) async fn query(&self, key: &[u8], command: Cmd) -> Result<Value, RedisError> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(command);
        let answers = self.0.route(Slot::of(key), &pipeline, Lane::Plain).await?;
        let (node, answers) = answers;
        route::only(&node, answers)
    }

    /// Sends commands in one go to the owner of `key`; all keys in them are of its slot. What the
    /// server refuses is a `Value::ServerError` in the place of its answer. No transactions.
    ///
    /// # Errors
    /// If there are no answers.
    pub(crate) async fn pipeline(
        &self,
        key: &[u8],
        pipeline: Pipeline,
    ) -> Result<Vec<Value>, RedisError> {
        debug_assert!(!pipeline.is_transaction(), "a script is atomic");
        let slot = Slot::of(key);
        let (_, answers) = self.0.route(slot, &pipeline, Lane::Plain).await?;
        Ok(answers)
    }

    /// Runs a script whose keys are all in the slot of the first.
    ///
    /// # Errors
    /// If there is no answer, or the server or the script refuses.
    pub(crate) async fn script(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Result<Value, RedisError> {
        let key = keys.first().map_or(&[][..], Vec::as_slice);
        match self.query(key, script.by_hash(keys, args)).await {
            Err(error) if route::is_unknown_script(&error) => {
                self.query(key, script.by_body(keys, args)).await
            }
            answer => answer,
        }
    }

    /// Runs a script and waits until a replica has what it wrote, at most 50 ms. With the answer:
    /// how many replicas have it. If that is 0, a failover may lose it.
    ///
    /// # Errors
    /// If there is no answer, or the server or the script refuses.
    pub(crate) async fn script_confirmed(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Result<(Value, u64), RedisError> {
        let key = keys.first().map_or(&[][..], Vec::as_slice);
        match self.confirmed(key, script.by_hash(keys, args)).await {
            Err(error) if route::is_unknown_script(&error) => {
                self.confirmed(key, script.by_body(keys, args)).await
            }
            answer => answer,
        }
    }

    /// Publishes on a sharded channel. How many subscribers the owner of its slot has; a replica's
    /// are not counted.
    ///
    /// # Errors
    /// If there is no answer, or the server refuses.
    pub(crate) async fn publish(&self, channel: &[u8], payload: &[u8]) -> Result<u64, RedisError> {
        let mut command = redis::cmd("SPUBLISH");
        command.arg(channel).arg(payload);
        match self.query(channel, command).await? {
            Value::Int(receivers) => Ok(receivers.unsigned_abs()),
            _ => Err(RedisError::Unexpected {
                command: "SPUBLISH",
            }),
        }
    }

    /// Who owns a key, as far as is known.
    pub(crate) fn master_of(&self, key: &[u8]) -> Option<MasterId> {
        let topology = self.0.topology.borrow();
        topology.owner(Slot::of(key)).cloned().map(MasterId)
    }

    /// Rises with each change of the topology.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What happened since the start.
    pub(crate) fn counts(&self) -> RedisCounts {
        self.0.counter.counts()
    }

    /// All servers in figures, not older than a second while they are connected.
    pub(crate) fn figures(&self) -> Vec<RedisNodeFigures> {
        let links = self.0.links.all();
        let figures = links.iter().map(|link| link.figures.borrow().clone());
        figures.collect()
    }

    /// The settings with which it was begun.
    pub(crate) fn settings(&self) -> &RedisSettings {
        &self.0.settings
    }

    pub(super) fn inner(&self) -> &Rc<Inner> {
        &self.0
    }

    async fn confirmed(&self, key: &[u8], command: Cmd) -> Result<(Value, u64), RedisError> {
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.add_command(command);
        let wait_ms = self.0.settings.limits.confirm_wait_ms;
        pipeline.cmd("WAIT").arg(1).arg(wait_ms);
        let slot = Slot::of(key);
        let (node, mut answers) = self.0.route(slot, &pipeline, Lane::Confirming).await?;
        let Some(Value::Int(replicas)) = answers.pop() else {
            return Err(RedisError::Unexpected { command: "WAIT" });
        };
        let answer = route::only(&node, answers)?;
        Ok((answer, replicas.unsigned_abs()))
    }
}

impl Inner {
    /// All servers that are linked.
    pub(super) fn links(&self) -> Vec<Rc<Link>> {
        self.links.all()
    }

    /// Looks at the topology soon.
    pub(super) fn look_soon(&self) {
        self.look.notify_one();
    }

    /// Asks who owns what.
    pub(super) async fn look(&self) {
        match &self.settings.servers {
            Servers::Cluster(_) => self.look_at_cluster().await,
            Servers::Standalone(node) => self.look_at_only(0, node).await,
            Servers::Sentinel { master_name, .. } => self.look_at_sentinels(master_name).await,
        }
        self.keep_links();
    }

    /// Links all servers of the topology; while there is none, those of the settings.
    fn keep_links(&self) {
        let topology = self.topology.borrow();
        let known = topology.nodes();
        let is_lost = !self.links.is_any_connected();
        let mut wanted = known.clone();
        if known.is_empty() || is_lost {
            wanted.extend(self.seeds());
        }
        self.links.keep(&wanted);
    }

    fn seeds(&self) -> BTreeSet<RedisNode> {
        match &self.settings.servers {
            Servers::Standalone(node) => [node.clone()].into(),
            Servers::Cluster(nodes) => nodes.iter().cloned().collect(),
            Servers::Sentinel { .. } => BTreeSet::new(),
        }
    }

    /// Changes the topology; what is new in it is counted, logged and told.
    fn change(&self, change: impl FnOnce(&mut Topology) -> bool) {
        let before = self.topology.borrow().nodes().clone();
        if !change(&mut self.topology.borrow_mut()) {
            return;
        }
        let topology = self.topology.borrow();
        for node in topology.nodes().difference(&before) {
            self.counter.node_added(node);
        }
        for node in before.difference(topology.nodes()) {
            self.counter.node_removed(node);
        }
        self.counter.add(|counts| counts.topology_changes += 1);
        self.changes.send_modify(|version| *version += 1);
    }
}

async fn look_again(router: Weak<Inner>, look: Rc<Notify>) {
    while let Some(inner) = router.upgrade() {
        let limits = inner.settings.limits;
        drop(inner);
        let _ = timeout(Duration::from_millis(limits.poll_ms), look.notified()).await;
        sleep(Duration::from_millis(limits.urgent_poll_ms)).await;
        if let Some(inner) = router.upgrade() {
            inner.look().await;
        }
    }
}
