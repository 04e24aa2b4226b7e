//! Faults: done, and undone.

use std::thread::sleep;
use std::time::{Duration, Instant};

use downbeat_tests_redis::Server;

use super::{Broken, Harness};
use crate::chaos::fault::{Fault, Kinds, SLOTS_MOVED};
use crate::chaos::sight::Seen;
use crate::random::Random;

/// Draws faults that can be told apart from one another: never two of Redis at once, which leaves no
/// majority of its masters, and never two of one node.
pub fn draw(kinds: Kinds, random: &mut Random) -> (Fault, Option<Fault>) {
    let first = Fault::draw(kinds, random);
    let second = Fault::draw(kinds, random);
    let fits = first.is_of_redis() != second.is_of_redis();
    (first, Some(second).filter(|_| fits && random.one_in(3)))
}

impl Harness {
    /// Does something bad, and another thing meanwhile, if there is one.
    ///
    /// # Errors
    /// If a node does not start again.
    pub fn suffer(&mut self, fault: Fault, meanwhile: Option<Fault>) -> Result<(), Broken> {
        let mut faults: Vec<Fault> = [Some(fault), meanwhile].into_iter().flatten().collect();
        faults.retain(|fault| self.is_possible(*fault));
        let harms = faults.iter().map(|fault| {
            self.stage.note(Seen::Harm(fault.to_string()));
            (*fault, self.begin(*fault))
        });
        let mut harms: Vec<(Fault, Harm)> = harms.collect();
        // No node starts without Redis.
        harms.sort_by_key(|(fault, _)| !fault.is_of_redis());
        for (fault, harm) in harms {
            self.finish(&harm)?;
            self.stage
                .note(Seen::Harm(format!("over: {}", fault.kind())));
        }
        Ok(())
    }

    /// Counts what is done and what cannot be done here.
    fn is_possible(&mut self, fault: Fault) -> bool {
        let is_possible = !fault.is_of_network() || self.place.can_cut();
        let counts = match is_possible {
            true => &mut self.faults,
            false => &mut self.skipped,
        };
        *counts.entry(fault.kind()).or_default() += 1;
        is_possible
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
            Fault::MasterCutOff { master, cut, down } => {
                let server = self.master(master);
                server.inspect(|server| self.place.cut_server(server, cut));
                (
                    server.map_or(Harmed::Nothing, |_| Harmed::ServerCutOff),
                    down,
                )
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
            Harmed::Gone(node) if self.nodes[node].is_none() => {
                // No node starts while two copies of the lease are on one master.
                self.bring_slots_home();
                self.start_node(node)?;
            }
            Harmed::Stopped(node) => {
                self.nodes[node].as_ref().inspect(|node| node.go_on());
            }
            Harmed::CutOff(node) => self.place.cell(node).mend(),
            Harmed::ServerCutOff => self.place.mend_server(),
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

    pub(super) fn bring_slots_home(&mut self) {
        for slot in std::mem::take(&mut self.moved) {
            // Its neighbour did not move.
            let home = self.redis.owner_of(slot + 1);
            self.redis.migrate(slot, home).finish();
        }
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
    ServerCutOff,
    AllServers,
}

fn revive(server: &Server) {
    match server.is_running() {
        true => server.resume(),
        false => server.restart(),
    }
}
