//! All clients: they join one after the other, play side by side, and leave together.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_net::socket::Readiness;
use downbeat_schemas::time::Timestamp;

use super::args::LoadArgs;
use super::client::Client;
use super::fault::Fault;
use super::habit::Beat;
use super::http::{Seat, join_request};
use super::lane::{Lane, Outcome, Question};
use super::player::{Heard, Player};
use super::rig::Rig;
use super::schedule::{Ramp, Schedule};
use super::target::{PublicAddresses, Target};

/// From the first byte of a join to its snapshot. Beyond: the join has failed.
pub(super) const JOIN_TIMEOUT: Duration = Duration::from_secs(10);
/// HTTP connections for the matchmaking.
const LANES: usize = 16;
/// Clients between their seat and their snapshot. A seat lives 15 s: none should wait for long.
const JOINING_MAX: u32 = 256;
/// Inputs sent in one go, before received bytes get their turn.
const SENDS_PER_TURN: usize = 256;
/// Tokens of clients are their numbers; those of lanes begin here.
const LANE_TOKEN: u64 = 1 << 32;

/// The clients, by number, and the lanes that get them their seats.
#[derive(Debug)]
pub(super) struct Fleet {
    target: Target,
    public_addresses: PublicAddresses,
    request: Vec<u8>,
    lanes: Vec<Lane>,
    clients: Vec<Client>,
    /// When each client began to join. Ascending, so the first unsettled one expires first.
    begun: Vec<Timestamp>,
    first_unsettled: usize,
    ramp: Ramp,
    schedule: Option<Schedule>,
    verify_every: Option<u32>,
    pub(super) census: Census,
    takes_joins: bool,
    /// Who goes now is not missed.
    is_leaving: bool,
}

/// How many clients stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) wanted: u32,
    /// Play now.
    pub(super) playing: u32,
    /// Played at some time.
    pub(super) joined: u32,
    /// Never got to play.
    pub(super) failed: u32,
    /// Played, and were closed or lost before the end, by close code.
    pub(super) closed: BTreeMap<u16, u32>,
}

impl Census {
    /// Whether each client plays, or never will.
    pub(super) const fn is_settled(&self) -> bool {
        self.joined + self.failed == self.wanted
    }
}

impl Fleet {
    pub(super) fn new(args: &LoadArgs, target: Target, rig: &mut Rig) -> Self {
        let now = rig.clock.now();
        let clients = args.clients as usize;
        let schedule =
            (!args.idle).then(|| Schedule::new(args.clients, args.rate, now, &mut rig.dice));
        Self {
            request: join_request(&target, &args.room, &args.options),
            target,
            public_addresses: PublicAddresses::default(),
            lanes: (0..LANES)
                .map(|lane| Lane::new(LANE_TOKEN + lane as u64))
                .collect(),
            clients: (0..clients).map(|_| Client::Seatless).collect(),
            begun: Vec::with_capacity(clients),
            first_unsettled: 0,
            ramp: Ramp {
                begin: now,
                per_second: args.ramp,
            },
            schedule,
            verify_every: args.verify,
            census: Census {
                wanted: args.clients,
                ..Census::default()
            },
            takes_joins: true,
            is_leaving: false,
        }
    }

    /// File descriptors that so many clients need, with some to spare.
    pub(super) const fn descriptors(clients: u32) -> u64 {
        clients as u64 + LANES as u64 + 64
    }

    /// The next input's intended time.
    pub(super) fn next_send_at(&self) -> Timestamp {
        self.schedule
            .as_ref()
            .map_or(Timestamp::NEVER, Schedule::next_at)
    }

    /// Lets further clients begin to join, and gives up those that take too long.
    pub(super) fn tend_joins(&mut self, now: Timestamp, rig: &mut Rig) {
        self.expire_joins(now, rig);
        while self.may_begin(now) {
            let Some(lane) = self.lanes.iter().position(Lane::is_free) else {
                return;
            };
            self.begin_join(lane, now, rig);
        }
    }

    /// Gives up all clients that do not play yet.
    pub(super) fn end_joins(&mut self, rig: &mut Rig) {
        self.takes_joins = false;
        for client in 0..self.clients.len() {
            self.give_up_join(client, rig);
        }
    }

    /// A lane or a client is ready.
    pub(super) fn on_ready(&mut self, ready: Readiness, rig: &mut Rig) {
        if ready.token >= LANE_TOKEN {
            self.on_lane_ready(ready, rig);
            return;
        }
        let number = ready.token as usize;
        match self.clients[number].on_ready(ready, rig) {
            Ok(Heard::Ordinary) => {}
            Ok(Heard::Joined) => {
                self.census.joined += 1;
                self.census.playing += 1;
            }
            Err(fault) => self.end(number, &fault, rig),
        }
    }

    /// Sends what is due, but not more than a batch.
    pub(super) fn send_due(&mut self, rig: &mut Rig) {
        for _ in 0..SENDS_PER_TURN {
            let now = rig.clock.now();
            let Some(due) = self.schedule.as_mut().and_then(|s| s.pop_due(now)) else {
                return;
            };
            self.on_beat(due.client, Beat::Input, rig);
            let number = due.client as usize;
            if let Err(fault) = self.clients[number].send_input(due.intended, now, rig) {
                self.end(number, &fault, rig);
            }
            self.on_beat(due.halfway, Beat::Halfway, rig);
        }
    }

    fn on_beat(&mut self, client: u32, beat: Beat, rig: &mut Rig) {
        let number = client as usize;
        if let Err(fault) = self.clients[number].on_beat(beat, rig) {
            self.end(number, &fault, rig);
        }
    }

    /// Reads what has come to those that are read on the beat.
    pub(super) fn read_all(&mut self, rig: &mut Rig) {
        for client in 0..self.clients.len() as u32 {
            self.on_beat(client, Beat::Input, rig);
            self.on_beat(client, Beat::Halfway, rig);
        }
    }

    /// Counts what is still due or awaited at `end`; gives the patches of each client that ever
    /// played.
    pub(super) fn finish(&mut self, end: Timestamp, rig: &mut Rig) -> Vec<u32> {
        while let Some(due) = self.schedule.as_mut().and_then(|s| s.pop_due(end)) {
            if self.clients[due.client as usize].is_playing() {
                rig.meter.input_unsent(due.intended, end);
            }
        }
        let clients = self.clients.iter();
        clients
            .filter_map(|client| client.finish(end, &mut rig.meter))
            .collect()
    }

    /// Closes all clients from this side: from now on a loss is no fault.
    pub(super) fn leave(&mut self, rig: &mut Rig) {
        self.is_leaving = true;
        self.takes_joins = false;
        self.schedule = None;
        for number in 0..self.clients.len() {
            if let Err(fault) = self.clients[number].leave(rig) {
                self.end(number, &fault, rig);
            }
        }
    }

    fn may_begin(&self, now: Timestamp) -> bool {
        if !self.takes_joins {
            return false;
        }
        let begun = self.begun.len() as u32;
        let joining = begun - self.census.joined - self.census.failed;
        begun < self.census.wanted
            && joining < JOINING_MAX
            && u64::from(begun) < self.ramp.allowed(now)
    }

    fn begin_join(&mut self, lane: usize, now: Timestamp, rig: &mut Rig) {
        let number = self.begun.len();
        self.begun.push(now);
        let question = Question {
            address: self.target.address,
            request: &self.request,
        };
        if let Err(fault) = self.lanes[lane].ask(number as u32, question, &rig.poller) {
            self.end(number, &fault, rig);
        }
    }

    fn on_lane_ready(&mut self, ready: Readiness, rig: &mut Rig) {
        let question = Question {
            address: self.target.address,
            request: &self.request,
        };
        let lane = &mut self.lanes[(ready.token - LANE_TOKEN) as usize];
        let Some(Outcome { client, seat }) = lane.on_ready(ready, question, &rig.poller) else {
            return;
        };
        let number = client as usize;
        if let Err(fault) = seat.and_then(|seat| self.take_seat(number, &seat, rig)) {
            self.end(number, &fault, rig);
        }
    }

    fn take_seat(&mut self, number: usize, seat: &Seat, rig: &mut Rig) -> Result<(), Fault> {
        let (host, address) = match &seat.public_address {
            None => (&self.target.authority, self.target.address),
            Some(public) => (public, self.public_addresses.resolve(public)?),
        };
        let verifies = self
            .verify_every
            .is_some_and(|every| (number as u32).is_multiple_of(every));
        let input_period_ns = self.schedule.as_ref().map_or(0, Schedule::period_ns);
        let player = Player::new(input_period_ns, verifies, &mut rig.dice);
        let path = seat.path(&self.target.prefix);
        self.clients[number].open(address, host, &path, player, number as u64, rig)
    }

    fn expire_joins(&mut self, now: Timestamp, rig: &mut Rig) {
        while let Some(begun) = self.begun.get(self.first_unsettled) {
            let number = self.first_unsettled;
            if self.clients[number].awaits().is_some() {
                if now < begun.after(JOIN_TIMEOUT) {
                    return;
                }
                self.give_up_join(number, rig);
            }
            self.first_unsettled += 1;
        }
    }

    fn give_up_join(&mut self, number: usize, rig: &mut Rig) {
        let Some(mut awaited) = self.clients[number].awaits() else {
            return;
        };
        if number >= self.begun.len() {
            awaited = "turn to join";
        }
        for lane in &mut self.lanes {
            lane.give_up(number as u32);
        }
        self.end(number, &Fault::TooLate { awaited }, rig);
    }

    /// A client met something that ends it.
    fn end(&mut self, number: usize, fault: &Fault, rig: &mut Rig) {
        let client = &mut self.clients[number];
        let was_playing = client.awaits().is_none();
        client.end(rig.clock.now(), &mut rig.meter);
        if was_playing {
            self.census.playing -= 1;
        } else {
            self.census.failed += 1;
        }
        if self.is_leaving {
            return;
        }
        rig.meter.faults.count(fault);
        if was_playing {
            *self.census.closed.entry(fault.close_code()).or_default() += 1;
        }
    }
}
