//! Nodes, Redis servers and the network between them, one event after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use downbeat_cluster::lease::{
    Answer, Event, Lease, LeaseSettings, Member, Output, Probed, Request, RequestId,
};
use downbeat_schemas::id::NodeId;
use downbeat_schemas::time::Timestamp;

use super::checker::Checker;
use super::random::Random;
use super::server::{Call, MS, Nanos, Served, Server};

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
    honest: bool,
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
    routes: Vec<u64>,
    /// What the shards read: they may tick before this, by the node's clock.
    fence: Timestamp,
    member: Option<Member>,
    clock_ahead: u64,
    clock_ppm: u64,
    timer: Nanos,
}

#[derive(Debug)]
enum Happening {
    Timer(usize, u64),
    Arrive(Ask),
    Reply(Ask, Option<Answer>),
    Probed(usize, u64, Member),
    Suspect(usize, u64, NodeId),
    Recovered(usize, u64, Member),
    Route(usize, usize),
}

#[derive(Debug)]
struct Ask {
    node: usize,
    process: u64,
    copy: usize,
    generation: u64,
    id: RequestId,
    request: Request,
    confirm: bool,
}

impl Node {
    fn local(&self, now: Nanos) -> Timestamp {
        // Up to 200 parts per million apart.
        Timestamp(self.clock_ahead + now + now / 1_000_000 * self.clock_ppm)
    }

    fn due(&self, local: Timestamp) -> Nanos {
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

    fn schedule(&mut self, at: Nanos, happening: Happening) {
        self.last_event += 1;
        self.events.push(Reverse((at, self.last_event)));
        self.pending.insert(self.last_event, happening);
    }

    fn arm(&mut self, node: usize, at: Nanos) {
        let late = self.random.below(MS / 2);
        let at = at.max(self.now).saturating_add(late);
        let state = &mut self.nodes[node];
        if at < state.timer || state.timer <= self.now {
            state.timer = at;
            let process = state.process;
            self.schedule(at, Happening::Timer(node, process));
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrive(ask) => self.arrive(ask),
            Happening::Route(node, server) => {
                self.nodes[node].routes[server] = self.servers[server].generation;
            }
            Happening::Timer(node, process)
            | Happening::Probed(node, process, _)
            | Happening::Suspect(node, process, _)
            | Happening::Recovered(node, process, _) => {
                self.at_node(node, process, happening);
            }
            Happening::Reply(ref ask, _) => {
                let (node, process) = (ask.node, ask.process);
                self.at_node(node, process, happening);
            }
        }
    }

    fn at_node(&mut self, node: usize, process: u64, happening: Happening) {
        let state = &self.nodes[node];
        if !state.is_up || state.process != process {
            return;
        }
        if self.now < state.paused_until {
            return self.schedule(state.paused_until, happening);
        }
        let local = state.local(self.now);
        if let Happening::Reply(ask, answer) = &happening {
            self.note(|| {
                format!(
                    "node {node} hears of copy {}: {answer:?} for {:?}",
                    ask.copy, ask.request
                )
            });
        }
        let lease = &mut self.nodes[node].lease;
        match happening {
            Happening::Timer(..) => {
                if self.nodes[node].timer > self.now {
                    return;
                }
                self.nodes[node].timer = Nanos::MAX;
                self.nodes[node].lease.poll(local);
            }
            Happening::Reply(ask, answer) => {
                let cut = self.nodes[node].cut_until[self.homes[ask.copy]] > self.now;
                if cut {
                    return;
                }
                self.nodes[node]
                    .lease
                    .on_reply(local, ask.id, answer.as_ref());
            }
            Happening::Probed(_, _, member) => {
                let probed = self.probe(member);
                self.nodes[node].lease.on_probe(local, member, probed);
            }
            Happening::Suspect(_, _, id) => lease.suspect(local, id),
            Happening::Recovered(_, _, member) => {
                lease.on_recovered(local, member);
                self.checker.recovered.insert(member);
            }
            Happening::Arrive(_) | Happening::Route(..) => {}
        }
        self.after_step(node);
    }

    fn probe(&self, member: Member) -> Probed {
        let mut up = self.nodes.iter().filter(|node| node.is_up);
        let listens = up.any(|node| node.lease.member().is_some_and(|m| m.node == member.node));
        if listens {
            Probed::Other
        } else {
            Probed::Refused
        }
    }

    fn after_step(&mut self, node: usize) {
        while let Some(output) = self.nodes[node].lease.next_output() {
            match output {
                Output::Ask {
                    copy,
                    id,
                    request,
                    confirm,
                } => self.send(node, copy, id, request, confirm),
                Output::Probe { member, .. } => {
                    let at = self.now + self.random.between(MS / 10, MS);
                    let process = self.nodes[node].process;
                    self.schedule(at, Happening::Probed(node, process, member));
                }
                Output::Event(event) => self.hear(node, event),
            }
        }
        let state = &mut self.nodes[node];
        state.fence = state.lease.fence();
        state.member = state.lease.member();
        if state.may_tick(self.now)
            && let Some(member) = state.member
        {
            self.checker.may_tick(member);
        }
        let due = self.nodes[node].lease.next_due();
        if due != Timestamp::NEVER {
            let at = self.nodes[node].due(due);
            self.arm(node, at);
        }
    }

    fn hear(&mut self, node: usize, event: Event) {
        self.note(|| format!("node {node}: {event:?}"));
        self.heard.push((self.now, node, event));
        match event {
            Event::Held(member) => {
                self.checker.lived.insert(member);
            }
            Event::Frozen => self.tally.freezes += 1,
            Event::Thawed => self.tally.thaws += 1,
            Event::Moved(_) => self.tally.moves += 1,
            Event::Recover(member) => self.recover(node, member),
            Event::Members => {}
            Event::Left => self.nodes[node].is_up = false,
        }
    }

    fn recover(&mut self, node: usize, member: Member) {
        self.tally.recoveries += 1;
        let Some(by) = self.nodes[node].lease.member() else {
            return;
        };
        let (now, nodes) = (self.now, &self.nodes);
        self.checker.recover(member, by, |member| {
            let mut owners = nodes.iter().filter(|node| node.member == Some(member));
            owners.any(|node| node.may_tick(now))
        });
        let at = self.now + self.random.between(MS, 300 * MS);
        let process = self.nodes[node].process;
        self.schedule(at, Happening::Recovered(node, process, member));
    }

    fn send(&mut self, node: usize, copy: usize, id: RequestId, request: Request, confirm: bool) {
        let server = self.homes[copy];
        let state = &self.nodes[node];
        if state.cut_until[server] > self.now {
            return;
        }
        let ask = Ask {
            node,
            process: state.process,
            copy,
            generation: state.routes[server],
            id,
            request,
            confirm,
        };
        let at = self.now + self.latency();
        self.schedule(at, Happening::Arrive(ask));
    }

    fn latency(&mut self) -> Nanos {
        if self.random.one_in(self.slow_one_in) {
            return self.random.below(400 * MS);
        }
        self.random.between(MS / 20, MS / 2)
    }

    fn arrive(&mut self, ask: Ask) {
        let call = Call {
            copy: ask.copy,
            generation: ask.generation,
            request: &ask.request,
            confirm: ask.confirm,
            lease: self.settings.lease.as_millis() as u64,
        };
        let served = self.servers[self.homes[ask.copy]].serve(self.now, &call);
        self.note(|| {
            format!(
                "copy {} serves node {} {:?}",
                ask.copy, ask.node, ask.request
            )
        });
        let (answer, wait) = match served {
            Served::Later(at) => return self.schedule(at, Happening::Arrive(ask)),
            Served::Refused => (None, 0),
            Served::Answer(reply, replicas, wait) => (Some(Answer { reply, replicas }), wait),
        };
        let at = self.now + wait + self.latency();
        self.schedule(at, Happening::Reply(ask, answer));
    }

    /// Tells a node where the copies lie.
    fn tell_topology(&mut self, node: usize) {
        let masters = (0..self.homes.len()).map(|copy| {
            let master = if self.honest { self.homes[copy] } else { copy };
            Some(master as u32)
        });
        let masters: Vec<Option<u32>> = masters.collect();
        let local = self.nodes[node].local(self.now);
        self.nodes[node].lease.on_topology(local, &masters);
        self.after_step(node);
    }
}
