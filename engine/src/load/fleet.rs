//! All clients: they join one after the other, play side by side, and leave together.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use downbeat_net::socket::Readiness;
use downbeat_schemas::time::Timestamp;

use super::args::LoadArgs;
use super::churn::Churn;
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
/// Inputs sent in one go, before received bytes get their turn.
const SENDS_PER_TURN: usize = 256;
/// Tokens of clients are their numbers; those of lanes begin here.
const LANE_TOKEN: u64 = 1 << 32;

/// The clients, by number, and the lanes that get them their seats.
#[derive(Debug)]
pub(crate) struct Fleet {
    target: Target,
    public_addresses: PublicAddresses,
    request: Vec<u8>,
    lanes: Vec<Lane>,
    clients: Vec<Client>,
    /// Of each client.
    visits: Vec<Visit>,
    /// Those that began to join, the first of them first. Who settled meanwhile is still in it.
    begun: VecDeque<(usize, Timestamp)>,
    /// How many have had their turn to join.
    turns: u32,
    /// Between their turn and their snapshot.
    joining: u32,
    joining_max: u32,
    /// Who left and is to join again, and since when.
    returning: VecDeque<(usize, Timestamp)>,
    churn_percent: f64,
    churn: Option<Churn>,
    ramp: Ramp,
    schedule: Option<Schedule>,
    verify_every: Option<u32>,
    pub(super) census: Census,
    takes_joins: bool,
    /// Who goes now is not missed.
    is_leaving: bool,
}

/// What a client's coming and going leaves behind.
#[derive(Clone, Copy, Debug)]
struct Visit {
    /// When it should have begun to join, and when it did.
    wanted: Timestamp,
    begun: Timestamp,
    has_played: bool,
    /// Inside the window, of visits that are over.
    patches: u32,
}

/// How many clients stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) wanted: u32,
    /// Play now.
    pub(crate) playing: u32,
    /// Played at some time.
    pub(crate) joined: u32,
    /// Never got to play.
    pub(crate) failed: u32,
    /// Left because they were told to.
    pub(crate) left: u32,
    /// Played again after that.
    pub(crate) rejoined: u32,
    /// Did not get to play again.
    pub(crate) not_rejoined: u32,
    /// Played, and were closed or lost before the end, by close code.
    pub(crate) closed: BTreeMap<u16, u32>,
}

impl Census {
    /// Whether each client plays, or never will.
    pub(super) const fn is_settled(&self) -> bool {
        self.joined + self.failed == self.wanted
    }

    /// Adds the clients of another run.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.wanted += other.wanted;
        self.playing += other.playing;
        self.joined += other.joined;
        self.failed += other.failed;
        self.left += other.left;
        self.rejoined += other.rejoined;
        self.not_rejoined += other.not_rejoined;
        for (code, count) in &other.closed {
            *self.closed.entry(*code).or_default() += count;
        }
    }
}

impl Visit {
    const NONE: Self = Self {
        wanted: Timestamp::NEVER,
        begun: Timestamp::NEVER,
        has_played: false,
        patches: 0,
    };
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
            visits: vec![Visit::NONE; clients],
            begun: VecDeque::new(),
            turns: 0,
            joining: 0,
            joining_max: args.joining_max,
            returning: VecDeque::new(),
            churn_percent: args.churn,
            churn: None,
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
    pub(crate) const fn descriptors(clients: u32) -> u64 {
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
        while self.joining < self.joining_max {
            let Some(lane) = self.lanes.iter().position(Lane::is_free) else {
                return;
            };
            let Some((number, wanted)) = self.next_to_join(now) else {
                return;
            };
            self.begin_join(number, wanted, lane, now, rig);
        }
    }

    /// From now on clients leave and come again, if they are to.
    pub(super) fn begin_churn(&mut self, now: Timestamp) {
        self.churn = Churn::new(self.churn_percent, self.census.wanted, now);
    }

    /// Lets those go whose time has come.
    pub(super) fn tend_leaves(&mut self, now: Timestamp, rig: &mut Rig) {
        while let Some(client) = self.churn.as_mut().and_then(|churn| churn.pop_due(now)) {
            let number = client as usize;
            if !self.clients[number].is_playing() {
                continue;
            }
            if let Err(fault) = self.clients[number].leave(rig) {
                self.end(number, &fault, rig);
            }
        }
    }

    /// Gives up all clients that do not play yet.
    pub(super) fn end_joins(&mut self, rig: &mut Rig) {
        self.takes_joins = self.churn_percent > 0.0;
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
            Ok(Heard::Joined) => self.on_joined(number, rig),
            Err(fault) => self.end(number, &fault, rig),
        }
    }

    fn on_joined(&mut self, number: usize, rig: &mut Rig) {
        let visit = &mut self.visits[number];
        rig.meter.joined(visit.wanted, rig.clock.now());
        if visit.has_played {
            self.census.rejoined += 1;
        } else {
            self.census.joined += 1;
        }
        visit.has_played = true;
        self.joining -= 1;
        self.census.playing += 1;
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
        let all = self.clients.iter_mut().zip(&self.visits);
        let counted = all.map(|(client, visit)| {
            let patches = client.finish(end, &mut rig.meter).unwrap_or(0);
            visit.has_played.then_some(visit.patches + patches)
        });
        counted.flatten().collect()
    }

    /// Closes all clients from this side: from now on a loss is no fault.
    pub(super) fn leave(&mut self, rig: &mut Rig) {
        self.is_leaving = true;
        self.takes_joins = false;
        self.churn = None;
        self.schedule = None;
        for number in 0..self.clients.len() {
            if let Err(fault) = self.clients[number].leave(rig) {
                self.end(number, &fault, rig);
            }
        }
    }

    /// Who is to begin to join, and since when.
    fn next_to_join(&mut self, now: Timestamp) -> Option<(usize, Timestamp)> {
        if !self.takes_joins {
            return None;
        }
        if let Some(returning) = self.returning.pop_front() {
            return Some(returning);
        }
        let turn = u64::from(self.turns);
        if self.turns == self.census.wanted || turn >= self.ramp.allowed(now) {
            return None;
        }
        self.turns += 1;
        Some((turn as usize, self.ramp.turn(turn)))
    }

    fn begin_join(
        &mut self,
        number: usize,
        wanted: Timestamp,
        lane: usize,
        now: Timestamp,
        rig: &mut Rig,
    ) {
        self.joining += 1;
        self.begun.push_back((number, now));
        self.visits[number].wanted = wanted;
        self.visits[number].begun = now;
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
        while let Some(&(number, begun)) = self.begun.front() {
            let awaits = self.clients[number].awaits().is_some();
            if awaits && self.visits[number].begun == begun {
                if now < begun.after(JOIN_TIMEOUT) {
                    return;
                }
                self.give_up_join(number, rig);
            }
            self.begun.pop_front();
        }
    }

    fn give_up_join(&mut self, number: usize, rig: &mut Rig) {
        let Some(mut awaited) = self.clients[number].awaits() else {
            return;
        };
        if number >= self.turns as usize {
            awaited = "turn to join";
            self.joining += 1;
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
        let has_left = client.is_leaving();
        let patches = client.end(rig.clock.now(), &mut rig.meter);
        let visit = &mut self.visits[number];
        visit.patches += patches.unwrap_or(0);
        if was_playing {
            self.census.playing -= 1;
        } else {
            self.joining -= 1;
            match visit.has_played {
                // Whom the end of the run found on the way back is not missed.
                true => self.census.not_rejoined += u32::from(!self.is_leaving),
                false => self.census.failed += 1,
            }
        }
        if self.is_leaving {
            return;
        }
        if has_left {
            self.census.left += 1;
            self.clients[number].start_over();
            self.returning.push_back((number, rig.clock.now()));
            return;
        }
        rig.meter.faults.count(fault);
        if was_playing {
            *self.census.closed.entry(fault.close_code()).or_default() += 1;
        }
    }
}
