//! Nodes, Redis servers and the network between them, one event after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use downbeat_cluster::lease::{Answer, Event, Lease, LeaseSettings, Member, Request, RequestId};
use downbeat_schemas::id::NodeId;
use downbeat_schemas::time::Timestamp;

use super::checker::Checker;
use super::random::Random;
use super::server::{MS, Nanos, Server};

pub(crate) struct World {
    pub(crate) now: Nanos,
    pub(crate) random: Random,
    pub(crate) settings: LeaseSettings,
    pub(crate) servers: Vec<Server>,
    /// Which server each copy lies on.
    pub(crate) homes: Vec<usize>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) checker: Checker,
    pub(crate) tally: Tally,
    pub(crate) heard: Vec<(Nanos, usize, Event)>,
    /// One packet of so many is slow, up to 400 ms.
    pub(crate) slow_one_in: u64,
    /// What happened, if it is wanted.
    pub(crate) trace: Option<Vec<String>>,
    /// Whether nodes are told which copies share a master.
    pub(crate) honest: bool,
    events: BinaryHeap<Reverse<(Nanos, u64)>>,
    pending: BTreeMap<u64, Happening>,
    last_event: u64,
}

/// What happened in a run: to see that a simulation is not of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) steps: u64,
    pub(crate) freezes: u64,
    pub(crate) thaws: u64,
    pub(crate) moves: u64,
    pub(crate) recoveries: u64,
    pub(crate) failovers: u64,
}

pub(crate) struct Node {
    pub(crate) lease: Lease,
    /// Rises with each start, so that nothing reaches the process that was before.
    pub(crate) process: u64,
    pub(crate) is_up: bool,
    pub(crate) paused_until: Nanos,
    /// Until when it cannot reach each server.
    pub(crate) cut_until: Vec<Nanos>,
    /// The generation of each server that it knows.
    pub(crate) routes: Vec<u64>,
    /// What the shards read: they may tick before this, by the node's clock.
    pub(crate) fence: Timestamp,
    pub(crate) member: Option<Member>,
    pub(crate) clock_ahead: u64,
    pub(crate) clock_ppm: u64,
    pub(crate) timer: Nanos,
}

#[derive(Debug)]
pub(crate) enum Happening {
    Timer(usize, u64),
    Arrive(Ask),
    Reply(Ask, Option<Answer>),
    Probed(usize, u64, Member),
    Suspect(usize, u64, NodeId),
    Recovered(usize, u64, Member),
    Route(usize, usize),
}

#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) node: usize,
    pub(crate) process: u64,
    pub(crate) copy: usize,
    pub(crate) generation: u64,
    pub(crate) id: RequestId,
    pub(crate) request: Request,
    pub(crate) confirm: bool,
}

impl Node {
    pub(crate) fn local(&self, now: Nanos) -> Timestamp {
        // Up to 200 parts per million apart.
        Timestamp(self.clock_ahead + now + now / 1_000_000 * self.clock_ppm)
    }

    pub(crate) fn due(&self, local: Timestamp) -> Nanos {
        let since = local.0.saturating_sub(self.clock_ahead);
        since - since / 1_000_000 * self.clock_ppm
    }

    pub(crate) fn may_tick(&self, now: Nanos) -> bool {
        self.is_up && self.local(now) < self.fence
    }
}

impl World {
    /// `shared`: copies 0 and 1 lie on one server. `honest`: the nodes are told so.
    pub(crate) fn new(
        seed: u64,
        settings: LeaseSettings,
        nodes: usize,
        shared: bool,
        honest: bool,
    ) -> Self {
        let mut random = Random(seed);
        let homes: Vec<usize> = match (settings.copies, shared) {
            (3, true) => vec![0, 0, 1],
            (copies, _) => (0..copies).collect(),
        };
        let count = homes.last().map_or(0, |last| last + 1);
        let servers = (0..count).map(|server| {
            let copies: Vec<usize> = (0..homes.len()).filter(|c| homes[*c] == server).collect();
            let ahead = 1_700_000_000_000 + random.below(2_000);
            Server::new(&copies, ahead, random.between(MS / 10, 8 * MS))
        });
        let servers = servers.collect();
        let mut world = Self {
            now: 0,
            settings,
            servers,
            homes,
            nodes: Vec::new(),
            checker: Checker::default(),
            tally: Tally::default(),
            heard: Vec::new(),
            slow_one_in: 100,
            trace: None,
            honest,
            events: BinaryHeap::new(),
            pending: BTreeMap::new(),
            last_event: 0,
            random,
        };
        for _ in 0..nodes {
            let id = world.random.next();
            world.add_node(NodeId(id));
        }
        world
    }

    fn add_node(&mut self, id: NodeId) {
        let lease = Lease::new(self.settings.clone(), id, "");
        let node = Node {
            lease,
            process: 1,
            is_up: true,
            paused_until: 0,
            cut_until: vec![0; self.servers.len()],
            routes: self
                .servers
                .iter()
                .map(|server| server.generation)
                .collect(),
            fence: Timestamp(0),
            member: None,
            clock_ahead: self.random.below(1 << 40),
            clock_ppm: self.random.below(200),
            timer: Nanos::MAX,
        };
        self.nodes.push(node);
        self.tell_topology(self.nodes.len() - 1);
    }

    /// Runs until then, or until something is wrong.
    pub(crate) fn run_until(&mut self, until: Nanos) {
        while let Some(Reverse((at, id))) = self.events.peek().copied()
            && at <= until
            && self.checker.violation.is_none()
        {
            self.events.pop();
            self.now = at;
            self.tally.steps += 1;
            if let Some(happening) = self.pending.remove(&id) {
                self.happen(happening);
            }
        }
        self.now = self.now.max(until);
    }

    pub(crate) fn crash(&mut self, node: usize) {
        let id = self.nodes[node].lease.member().map(|member| member.node);
        let state = &mut self.nodes[node];
        state.is_up = false;
        state.fence = Timestamp(0);
        for other in 0..self.nodes.len() {
            // Not every link is there to break, or is seen to.
            if let Some(id) = id.filter(|_| other != node)
                && !self.random.one_in(3)
            {
                self.suspect(other, id);
            }
        }
    }

    pub(crate) fn suspect(&mut self, node: usize, suspected: NodeId) {
        let at = self.now + self.random.between(MS / 10, 3 * MS);
        let process = self.nodes[node].process;
        self.schedule(at, Happening::Suspect(node, process, suspected));
    }

    /// Starts a new process; often under the same id, which nothing may depend on.
    pub(crate) fn restart(&mut self, node: usize) {
        let former = self.nodes[node].lease.member().map(|member| member.node);
        let id = former.filter(|_| self.random.one_in(2));
        let id = id.unwrap_or(NodeId(self.random.next()));
        let state = &mut self.nodes[node];
        state.lease = Lease::new(self.settings.clone(), id, "");
        state.process += 1;
        state.is_up = true;
        state.paused_until = 0;
        state.timer = Nanos::MAX;
        state.member = None;
        state.fence = Timestamp(0);
        self.tell_topology(node);
    }

    pub(crate) fn leave(&mut self, node: usize) {
        let local = self.nodes[node].local(self.now);
        if self.now >= self.nodes[node].paused_until {
            self.nodes[node].lease.leave(local);
            self.after_step(node);
        }
    }

    /// All learn the new master, some later than others.
    pub(crate) fn route_anew(&mut self, server: usize) {
        for node in 0..self.nodes.len() {
            let known_at = self.servers[server].down_until + self.random.below(200 * MS);
            self.schedule(known_at, Happening::Route(node, server));
        }
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:9.3} ms {}", self.now as f64 / MS as f64, line()));
        }
    }

    pub(crate) fn schedule(&mut self, at: Nanos, happening: Happening) {
        self.last_event += 1;
        self.events.push(Reverse((at, self.last_event)));
        self.pending.insert(self.last_event, happening);
    }

    pub(crate) fn arm(&mut self, node: usize, at: Nanos) {
        let late = self.random.below(MS / 2);
        let at = at.max(self.now).saturating_add(late);
        let state = &mut self.nodes[node];
        if at < state.timer || state.timer <= self.now {
            state.timer = at;
            let process = state.process;
            self.schedule(at, Happening::Timer(node, process));
        }
    }
}
