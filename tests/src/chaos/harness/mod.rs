//! Three nodes on a Redis Cluster with clients, and what is done to them.

mod harm;
mod records;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use downbeat_schemas::id::NodeId;
use downbeat_tests_redis::{Cluster, Options};

use super::checker::Verdict;
use super::client::{self, Stage};
use super::net::{CELLS, Place};
use super::node::{Node, Recipe, WELL_WITHIN};
use super::sight::Seen;

pub use harm::draw;

/// Clients that play at the same time.
const CLIENTS: u64 = 9;
/// After the last fault: rooms that Redis has forgotten are told to it again within a second.
const QUIET: Duration = Duration::from_secs(6);
/// A killed node's rooms are gone within this, also if Redis has lost what it knew of them: their
/// listings expire after 30 s.
const GONE_WITHIN: Duration = Duration::from_secs(45);
/// Nodes that have just started hear of each other within a renewal.
const ACQUAINTANCE: Duration = Duration::from_secs(1);
/// A node gives up where Redis is not well; whoever runs it starts it again.
const START_AGAIN: Duration = Duration::from_millis(200);

/// See the module.
#[derive(Debug)]
pub struct Harness {
    place: Place,
    redis: Cluster,
    recipe: Recipe,
    nodes: Vec<Option<Node>>,
    killed: Vec<NodeId>,
    stage: Arc<Stage>,
    clients: Vec<JoinHandle<()>>,
    started: usize,
    names: Vec<String>,
    moved: Vec<u16>,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, usize>,
    /// Faults that are not possible here, by kind.
    pub skipped: BTreeMap<&'static str, usize>,
}

/// What went wrong with the run itself.
pub type Broken = String;

impl Harness {
    /// Starts Redis and the nodes. `variables` are the nodes'.
    ///
    /// # Errors
    /// What does not start.
    ///
    /// # Panics
    /// If there is no Redis.
    pub fn start(
        place: Place,
        binary: &str,
        folder: &std::path::Path,
        variables: &[(&str, &str)],
    ) -> Result<Self, Broken> {
        let host = place.redis_host();
        let options = Options::new();
        let redis = Cluster::start_with(&match place.can_cut() {
            true => options
                .line(&format!("bind 127.0.0.1 {host}"))
                .line(&format!("cluster-announce-ip {host}"))
                .as_own_user(),
            false => options,
        });
        let urls: Vec<String> = redis
            .servers()
            .iter()
            .map(|server| format!("redis://{host}:{}", server.port()))
            .collect();
        let mut own = vec![("REDIS_URL".to_owned(), urls.join(","))];
        let given = variables.iter();
        own.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut harness = Self {
            place,
            redis,
            recipe: Recipe {
                binary: binary.to_owned(),
                variables: own,
                folder: folder.to_owned(),
            },
            nodes: Vec::new(),
            killed: Vec::new(),
            stage: Arc::default(),
            clients: Vec::new(),
            started: 0,
            names: Vec::new(),
            moved: Vec::new(),
            faults: BTreeMap::new(),
            skipped: BTreeMap::new(),
        };
        harness.nodes.resize_with(CELLS, || None);
        for number in 0..CELLS {
            harness.start_node(number)?;
        }
        sleep(ACQUAINTANCE);
        Ok(harness)
    }

    /// Lets clients play from now on.
    pub fn let_play(&mut self, seed: u64) {
        self.clients = client::start(&self.stage, CLIENTS, seed);
    }

    /// The servers of Redis.
    pub const fn redis(&self) -> &Cluster {
        &self.redis
    }

    /// What clients share.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// A node that runs.
    ///
    /// # Panics
    /// If it does not.
    pub fn node(&self, number: usize) -> &Node {
        self.nodes[number].as_ref().expect("it runs")
    }

    /// All nodes that run.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flatten()
    }

    /// The place of a node that runs.
    pub fn number_of(&self, id: NodeId) -> Option<usize> {
        let is_it = |node: &Option<Node>| node.as_ref().is_some_and(|node| node.id == id);
        self.nodes.iter().position(is_it)
    }

    /// Ends a node without a word.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill_node(&mut self, number: usize) -> NodeId {
        let node = self.nodes[number].take().expect("it runs");
        let id = node.id;
        self.tell_addresses();
        self.stage.note(Seen::Killed(id));
        node.kill();
        self.killed.push(id);
        id
    }

    /// Starts a node at a place where none is.
    ///
    /// # Errors
    /// What it said, if it does not serve.
    pub fn start_node(&mut self, number: usize) -> Result<(), Broken> {
        let cell = self.place.cell(number);
        let until = Instant::now() + WELL_WITHIN;
        loop {
            self.started += 1;
            let name = format!("node{number}-{}", self.started);
            match Node::start(&self.recipe, &cell, &name) {
                Ok(node) => {
                    self.names.push(name);
                    self.nodes[number] = Some(node);
                    self.tell_addresses();
                    return Ok(());
                }
                Err(said) if Instant::now() > until => {
                    return Err(format!("node {number} does not start: {said}"));
                }
                Err(_) => sleep(START_AGAIN),
            }
        }
    }

    /// Waits until all is well again.
    ///
    /// # Errors
    /// If that takes too long.
    pub fn settle(&mut self) -> Result<(), Broken> {
        self.bring_slots_home();
        if !self.redis.heal() {
            return Err("Redis is not well".to_owned());
        }
        self.say("Redis is well");
        for node in self.nodes.iter().flatten() {
            wait_for(
                || node.is_well(),
                || format!("node {} is not well", node.id),
            )?;
        }
        self.say("nodes are well");
        for node in self.nodes.iter().flatten() {
            let is_free = || {
                let rooms = node.rooms()?;
                let dead = rooms.iter().find(|(_, owner)| self.killed.contains(owner));
                match dead {
                    Some(_) => None,
                    None => Some(rooms),
                }
            };
            let dead_are_gone = || is_free().is_some();
            wait_for(dead_are_gone, || {
                format!("{} lists rooms of the dead", node.id)
            })?;
        }
        self.say("all is well");
        Ok(())
    }

    /// Lets all end in good order, and checks what was.
    ///
    /// # Errors
    /// If something does not end.
    ///
    /// # Panics
    /// If a client has.
    pub fn end(mut self) -> Result<Verdict, Broken> {
        self.settle()?;
        if !self.faults.is_empty() {
            sleep(QUIET);
        }
        for node in self.nodes.iter().flatten() {
            if let Some(rooms) = node.rooms() {
                let by = node.id;
                self.stage.note(Seen::Listed { by, rooms });
            }
        }
        self.stage.end();
        for client in self.clients.drain(..) {
            client.join().map_err(|_| "a client panicked")?;
        }
        for node in self.nodes.iter().flatten() {
            node.terminate();
        }
        for node in self.nodes.iter_mut().filter_map(Option::take) {
            node.wait();
        }
        self.look()
    }

    fn say(&self, what: &str) {
        self.stage.note(Seen::Harm(what.to_owned()));
    }

    fn tell_addresses(&self) {
        let nodes = self.nodes.iter().flatten();
        let addresses: Vec<SocketAddr> = nodes.map(|node| node.address).collect();
        self.stage.set_addresses(addresses);
    }
}

fn wait_for(mut holds: impl FnMut() -> bool, what: impl Fn() -> String) -> Result<(), Broken> {
    let until = Instant::now() + WELL_WITHIN;
    while !holds() {
        if Instant::now() > until {
            return Err(what());
        }
        sleep(Duration::from_millis(25));
    }
    Ok(())
}
