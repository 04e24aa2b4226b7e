//! One room, its owners one after the other, its edges, and the network between them.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_schemas::id::{Epoch, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::courier::Courier;
use super::edge::Edge;
use super::log::Log;
use super::network::{Faults, Network, To};
use super::owner::Owner;
use super::random::Random;

const STEP: Duration = Duration::from_millis(5);
/// A room of 20 Hz.
const STEPS_PER_TICK: u64 = 10;
/// Steps with faults; then without, but with clients that do this and that; then everybody says a
/// last thing and all must agree.
const FAULTY: u64 = 600;
const HEALED: u64 = 400;
const CALM: u64 = 400;
pub(crate) const CLIENTS_MAX: usize = 12;

pub(crate) struct World {
    random: Random,
    now: Timestamp,
    pub(crate) limits: Limits,
    network: Network,
    courier: Courier,
    /// The last one owns the room; one before it may not know that yet.
    pub(crate) owners: Vec<Owner>,
    pub(crate) edges: Vec<Edge>,
    last_session: u64,
    pub(crate) log: Log,
    pub(crate) events_lost: u64,
    pub(crate) resyncs: u64,
}

/// Limits so small that they are met.
fn limits(random: &mut Random) -> Limits {
    Limits {
        relay_bytes_max: 4_096,
        relay_frame_bytes_max: [1_024, 8_192][random.below(2) as usize],
        relay_ring_bytes_max: 65_536,
        relay_ring_frames_max: [16, 64][random.below(2) as usize],
        relay_reorder_bytes_max: 65_536,
        relay_silence_ms: 1_000,
        relay_owner_silence_ms: 500,
        ..Limits::default()
    }
}

impl World {
    pub(crate) fn new(seed: u64, courier: Courier) -> Self {
        let mut random = Random(seed);
        let limits = limits(&mut random);
        let edges = 1 + random.below(4) as usize;
        Self {
            now: Timestamp(1_000_000_000),
            network: Network::new(Faults::random(&mut random)),
            courier,
            owners: vec![Owner::new(Epoch(1), &limits, BTreeMap::new())],
            edges: (0..edges).map(|index| Edge::new(index, &limits)).collect(),
            last_session: 0,
            log: Log::default(),
            events_lost: 0,
            resyncs: 0,
            random,
            limits,
        }
    }

    /// Runs to the end, or to the first thing that is wrong.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        for step in 0..FAULTY + HEALED + CALM {
            match step {
                FAULTY => self.network.heal(),
                0..FAULTY => self.fail_somehow(),
                _ => {}
            }
            match step.checked_sub(FAULTY + HEALED) {
                None => self.play(),
                Some(0) => self.edges.iter_mut().for_each(Edge::calm_down),
                Some(_) => {}
            }
            // The last tick's words must arrive too.
            let is_tick = step % STEPS_PER_TICK == 0 && step < FAULTY + HEALED + CALM - 100;
            self.step(is_tick);
            self.check_bounds();
            if let Some(wrong) = self.log.wrongs.first() {
                return Err(format!("step {step}: {wrong}"));
            }
        }
        self.count();
        self.check_end()
    }

    fn step(&mut self, is_tick: bool) {
        self.now = self.now.after(STEP);
        let (now, random, log) = (self.now, &mut self.random, &mut self.log);
        while let Some((to, bytes)) = self.network.receive(now) {
            match to {
                To::Edge(edge) => {
                    let frame = self.courier.frame(edge, bytes);
                    self.edges[edge].accept(now, &frame, log);
                }
                To::Owner(epoch, _) => {
                    let letter = self.courier.letter(bytes);
                    // The same node may own the room once more.
                    let last = self.owners.len() - 1;
                    let owner = self.owners.iter().position(|owner| owner.epoch() == epoch);
                    self.owners[owner.unwrap_or(last)].accept(now, &letter, random, log);
                }
            }
        }
        for owner in &mut self.owners {
            owner.expire(now, random, log);
            if is_tick {
                owner.tick(random, log);
            }
        }
        self.publish();
    }

    fn publish(&mut self) {
        let (now, mut frames) = (self.now, Vec::new());
        for owner in &mut self.owners {
            owner.hub.flush(now, &mut frames);
            assert!(owner.hub.deadline() > now, "nothing is due any more");
        }
        for frame in &frames {
            for edge in 0..self.edges.len() {
                let to = To::Edge(edge);
                self.network.send(now, &mut self.random, to, frame);
            }
        }
        let owner = self.epoch();
        for (index, edge) in self.edges.iter_mut().enumerate() {
            for (epoch, letter) in edge.letters(now, owner) {
                let to = To::Owner(epoch, index);
                self.network.send(now, &mut self.random, to, &letter);
            }
        }
    }

    fn epoch(&self) -> Epoch {
        self.owners.last().map_or(Epoch(0), Owner::epoch)
    }

    fn fail_somehow(&mut self) {
        let (now, random) = (self.now, &mut self.random);
        self.network.fall_silent(now, random, self.edges.len());
        if random.one_in(400) {
            let edge = random.below(self.edges.len() as u64) as usize;
            self.edges[edge].restart();
        }
        if random.one_in(300) {
            self.move_room();
        }
        // A former owner finds out after a while.
        if self.owners.len() > 1 && self.random.one_in(60) {
            self.retire_owner();
        }
    }

    /// Another node takes the room, as it is or without those who came last.
    fn move_room(&mut self) {
        let Some(owner) = self.owners.last() else {
            return;
        };
        let mut received = owner.received.clone();
        if self.random.one_in(2) {
            let known = self.random.below(self.last_session + 1);
            received.retain(|session, _| session.0 <= known);
        }
        let epoch = Epoch(owner.epoch().0 + 1 + self.random.below(3));
        let mut owner = Owner::new(epoch, &self.limits, received);
        owner.hub.announce(self.now);
        self.owners.push(owner);
        if self.owners.len() > 2 || self.random.one_in(2) {
            self.retire_owner();
        }
    }

    fn retire_owner(&mut self) {
        let mut owner = self.owners.remove(0);
        let counters = owner.hub.take_counters();
        self.events_lost += counters.events_lost;
        self.resyncs += counters.resyncs;
    }

    /// Clients come, go and speak.
    fn play(&mut self) {
        let owner = self.epoch();
        let (now, random) = (self.now, &mut self.random);
        for edge in &mut self.edges {
            if edge.clients.len() < CLIENTS_MAX && random.one_in(30) {
                self.last_session += 1;
                edge.connect(now, owner, SessionId(self.last_session));
            }
            for _ in 0..random.below(3) {
                edge.act(random);
            }
        }
    }

    fn count(&mut self) {
        while !self.owners.is_empty() && self.owners.len() > 1 {
            self.retire_owner();
        }
        for owner in &mut self.owners {
            let counters = owner.hub.take_counters();
            self.events_lost += counters.events_lost;
            self.resyncs += counters.resyncs;
        }
        self.edges.iter_mut().for_each(Edge::take_counters);
    }
}
