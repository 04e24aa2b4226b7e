//! Three nodes on a Redis Cluster with clients, and what is done to them.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use downbeat_cluster::lease::COPY_TAGS;
use downbeat_schemas::id::NodeId;
use downbeat_tests_redis::{Cluster, Options, Server};

use super::checker::{Evidence, Verdict, check};
use super::client::{self, Stage};
use super::entry;
use super::fault::{Fault, SLOTS_MOVED};
use super::net::{CELLS, Place};
use super::node::{Node, Recipe, WELL_WITHIN, history};
use super::sight::{Seen, Sight};
use crate::random::Random;

/// Clients that play at the same time.
const CLIENTS: u64 = 9;
/// After the last fault: rooms that Redis has forgotten are told to it again within 10 s.
const QUIET: Duration = Duration::from_secs(16);
/// A killed node's rooms are gone within this, also if Redis has lost what it knew of them: their
/// listings expire after 30 s.
const GONE_WITHIN: Duration = Duration::from_secs(45);
/// Nodes that have just started hear of each other within a renewal.
const ACQUAINTANCE: Duration = Duration::from_secs(1);
/// Tries to start a node: it gives up where Redis is not well for 10 s.
const START_TRIES: usize = 3;

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
                .line(&format!("cluster-announce-ip {host}")),
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

    /// Does something bad, and another thing meanwhile, if there is one.
    ///
    /// # Errors
    /// If a node does not start again.
    pub fn suffer(&mut self, fault: Fault, meanwhile: Option<Fault>) -> Result<(), Broken> {
        let is_possible = !matches!(fault, Fault::NodeCutOff { .. }) || self.place.can_cut();
        let counts = match is_possible {
            true => &mut self.faults,
            false => &mut self.skipped,
        };
        *counts.entry(fault.kind()).or_default() += 1;
        if !is_possible {
            return Ok(());
        }
        self.stage.note(Seen::Harm(fault.to_string()));
        let harm = self.begin(fault);
        if let Some(other) = meanwhile {
            self.suffer(other, None)?;
        }
        self.finish(&harm)?;
        self.stage
            .note(Seen::Harm(format!("over: {}", fault.kind())));
        Ok(())
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
        let mut said = String::new();
        for _ in 0..START_TRIES {
            self.started += 1;
            let name = format!("node{number}-{}", self.started);
            match Node::start(&self.recipe, &cell, &name) {
                Ok(node) => {
                    self.names.push(name);
                    self.nodes[number] = Some(node);
                    self.tell_addresses();
                    return Ok(());
                }
                Err(error) => said = error,
            }
        }
        Err(format!("node {number} does not start: {said}"))
    }

    /// Waits until all is well again.
    ///
    /// # Errors
    /// If that takes too long.
    pub fn settle(&mut self) -> Result<(), Broken> {
        for slot in std::mem::take(&mut self.moved) {
            // Its neighbour did not move.
            let home = self.redis.owner_of(slot + 1);
            self.redis.migrate(slot, home).finish();
        }
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

    /// What is known now, without an end: only some of the rules hold.
    ///
    /// # Errors
    /// If a history cannot be read.
    pub fn look(&self) -> Result<Verdict, Broken> {
        self.write_sights();
        Ok(check(&self.evidence()?))
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
        sleep(QUIET);
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

    /// Ends all at once, and writes down what may tell why: the nodes' logs, what was seen, and the
    /// tables of the lease.
    pub fn wreck(mut self) {
        use std::fmt::Write;
        self.write_sights();
        let mut tables = String::new();
        for server in self.redis.masters() {
            for tag in COPY_TAGS {
                for part in ["nodes", "clock"] {
                    let key = format!("downbeat:{{{tag}}}:{part}");
                    if let Ok(reply) = server.try_command(&["HGETALL", &key]) {
                        let _ = writeln!(tables, "{} {key} {reply:?}", server.port());
                    }
                }
            }
        }
        let _ = fs::write(self.recipe.folder.join("tables"), tables);
        for node in self.nodes.iter_mut().filter_map(Option::take) {
            node.kill();
        }
        self.stage.end();
    }

    fn say(&self, what: &str) {
        self.stage.note(Seen::Harm(what.to_owned()));
    }

    /// What the harness saw, beside the histories: only for people.
    fn write_sights(&self) {
        use std::fmt::Write;
        let mut text = String::new();
        for Sight { at, what } in self.stage.sights() {
            let _ = writeln!(text, "{at} {what:?}");
        }
        let _ = fs::write(self.recipe.folder.join("sights"), text);
    }

    fn evidence(&self) -> Result<Evidence, Broken> {
        let mut entries = Vec::new();
        for name in &self.names {
            let path = history(&self.recipe.folder, name);
            let text = fs::read_to_string(&path).map_err(|error| format!("{path:?}: {error}"))?;
            let read = entry::read(&text);
            entries.extend(read.map_err(|torn| format!("{path:?} is torn: {}", torn.0))?);
        }
        Ok(Evidence {
            entries,
            sights: self.stage.sights(),
            gone_within: u64::try_from(GONE_WITHIN.as_nanos()).unwrap_or(u64::MAX),
        })
    }

    fn tell_addresses(&self) {
        let nodes = self.nodes.iter().flatten();
        let addresses: Vec<SocketAddr> = nodes.map(|node| node.address).collect();
        self.stage.set_addresses(addresses);
    }

    fn begin(&mut self, fault: Fault) -> Harm {
        let (what, down) = match fault {
            Fault::NodeKilled { node, down } => {
                if self.nodes[node].is_some() {
                    self.kill_node(node);
                }
                (Harmed::Gone(node), down)
            }
            Fault::NodeStopped { node, down } => {
                self.nodes[node].as_ref().inspect(|node| node.stop());
                (Harmed::Stopped(node), down)
            }
            Fault::NodeCutOff { node, cut, down } => {
                self.place.cell(node).cut(cut);
                (Harmed::CutOff(node), down)
            }
            Fault::MasterKilled { master, down } => {
                let port = self.master(master).inspect(|server| server.kill());
                (Harmed::Server(port.map(Server::port)), down)
            }
            Fault::MasterStopped { master, down } => {
                let port = self.master(master).inspect(|server| server.pause());
                (Harmed::Server(port.map(Server::port)), down)
            }
            Fault::AllStopped { down } => {
                let servers = self.redis.servers().iter();
                servers
                    .filter(|server| server.is_running())
                    .for_each(Server::pause);
                (Harmed::AllServers, down)
            }
            Fault::SlotMoved { slot } => {
                self.move_slot(slot);
                (Harmed::Nothing, 0)
            }
        };
        let until = Instant::now() + Duration::from_millis(down);
        Harm { what, until }
    }

    fn finish(&mut self, harm: &Harm) -> Result<(), Broken> {
        sleep(harm.until.saturating_duration_since(Instant::now()));
        match harm.what {
            Harmed::Gone(node) if self.nodes[node].is_none() => self.start_node(node)?,
            Harmed::Stopped(node) => {
                self.nodes[node].as_ref().inspect(|node| node.go_on());
            }
            Harmed::CutOff(node) => self.place.cell(node).mend(),
            Harmed::Server(port) => {
                let servers = self.redis.servers().iter();
                for server in servers.filter(|server| Some(server.port()) == port) {
                    revive(server);
                }
            }
            Harmed::AllServers => self.redis.servers().iter().for_each(revive),
            Harmed::Gone(_) | Harmed::Nothing => {}
        }
        Ok(())
    }

    fn master(&self, number: usize) -> Option<&Server> {
        let masters = self.redis.masters();
        (!masters.is_empty()).then(|| masters[number % masters.len()])
    }

    /// Moves a slot while it is in use.
    fn move_slot(&mut self, number: usize) {
        let keys = ["name:arena", "loads"];
        let slot = match number {
            // Those of the lease's copies.
            0 => 2_730,
            1 => 8_191,
            2 => 13_653,
            number => {
                let key = format!("downbeat:{{{}}}", keys[number % (SLOTS_MOVED - 3)]);
                let server = &self.redis.servers()[0];
                let reply = server.command(&["CLUSTER", "KEYSLOT", &key]);
                u16::try_from(reply.int()).unwrap_or_default()
            }
        };
        let owner = self.redis.owner_of(slot).port();
        let masters = self.redis.masters();
        let mut others = masters.iter().filter(|master| master.port() != owner);
        if let Some(to) = others.next() {
            self.redis.migrate(slot, to).finish();
            self.moved.push(slot);
        }
    }
}

/// What a fault has done that is to be undone.
struct Harm {
    what: Harmed,
    until: Instant,
}

enum Harmed {
    Nothing,
    Gone(usize),
    Stopped(usize),
    CutOff(usize),
    Server(Option<u16>),
    AllServers,
}

fn revive(server: &Server) {
    match server.is_running() {
        true => server.resume(),
        false => server.restart(),
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

/// Draws faults that can be told apart from one another: never two of Redis at once, which leaves no
/// majority of its masters, and never two of one node.
pub fn draw(kinds: super::fault::Kinds, random: &mut Random) -> (Fault, Option<Fault>) {
    let first = Fault::draw(kinds, random);
    let second = Fault::draw(kinds, random);
    let fits = first.is_of_redis() != second.is_of_redis();
    (first, Some(second).filter(|_| fits && random.one_in(3)))
}
