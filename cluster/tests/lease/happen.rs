//! What happens at the nodes, at the servers and on the way between them.

use downbeat_cluster::lease::{Answer, Event, Member, Output, Probed, Request, RequestId};
use downbeat_schemas::time::Timestamp;

use super::server::{Call, MS, Nanos, Served};
use super::world::{Ask, Happening, World};

impl World {
    pub(crate) fn happen(&mut self, happening: Happening) {
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

    pub(crate) fn after_step(&mut self, node: usize) {
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
            Event::Cleared(member) => self.clear(member),
            Event::Members => {}
            Event::Left => self.nodes[node].is_up = false,
        }
    }

    fn clear(&mut self, member: Member) {
        let (now, nodes) = (self.now, &self.nodes);
        self.checker.clear(member, |member| {
            let mut owners = nodes.iter().filter(|node| node.member == Some(member));
            owners.any(|node| node.may_tick(now))
        });
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
    pub(crate) fn tell_topology(&mut self, node: usize) {
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
