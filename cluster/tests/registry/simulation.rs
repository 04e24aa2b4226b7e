//! Random requests, owners and failures against a model that knows every seat and promise.

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::{Found, Hold, Mode, Query, RoomRecord, SortBy, Ticket};
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use serde_json::json;

use super::random::{Random, sort_orders};
use super::subject::{OneNode, OneOfMany, Subject};
use super::{Answer, Flag, poll, record};

const SEEDS: u64 = 150;
/// Each step takes a driver's turns.
const SEEDS_OF_MANY_NODES: u64 = 20;
const STEPS: u64 = 1_500;

#[test]
fn no_seat_is_given_twice_and_nobody_is_forgotten() {
    for seed in 0..SEEDS {
        World::new(OneNode::new(), seed).run(seed);
    }
}

#[test]
fn nor_is_it_where_many_nodes_share_a_store() {
    for seed in 0..SEEDS_OF_MANY_NODES {
        World::new(OneOfMany::new(seed), seed).run(seed);
    }
}

/// The registry, and what must be true of it.
struct World<S> {
    subject: S,
    random: Random,
    last_room: u64,
    rooms: Vec<RoomRecord>,
    holds: Vec<Held>,
    tickets: Vec<Creating>,
    waiting: Vec<Waits>,
}

struct Held {
    hold: Hold,
    expires_at: Timestamp,
    /// Its room has ended since.
    ended: bool,
}

struct Creating {
    ticket: Ticket,
    query: Query,
    expires_at: Timestamp,
}

struct Waits {
    answer: Answer,
    flag: Arc<Flag>,
    query: Query,
}

impl<S: Subject> World<S> {
    fn new(subject: S, seed: u64) -> Self {
        Self {
            subject,
            random: Random(seed),
            last_room: 0,
            rooms: Vec::new(),
            holds: Vec::new(),
            tickets: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn run(mut self, seed: u64) {
        for step in 0..STEPS {
            self.step();
            self.answer_the_woken();
            self.avoid_the_last_moment();
            self.check(&format!("seed {seed} step {step}"));
        }
        self.end(&format!("seed {seed}"));
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..7 => self.find(),
            7..9 => self.settle_a_hold(),
            9 => self.drop_a_hold(),
            10..12 => self.create_with_a_ticket(),
            12 => self.drop_a_ticket(),
            13 => self.give_up_waiting(),
            14..17 => self.change_a_room(),
            17 => self.withdraw_a_room(),
            18 => self.poll_without_a_reason(),
            _ => self.let_time_pass(),
        }
    }

    fn find(&mut self) {
        let query = self.random.query(self.last_room);
        let first = self.first_that_fits(&query);
        let is_creating = self.is_creating(&query);
        let mut answer = self.ask(&query);
        let flag = Arc::default();
        match poll(&mut answer, &flag) {
            Some(found) => {
                let found = found.unwrap();
                match &found {
                    Found::Room { hold, .. } => assert_eq!(first, Some(hold.room())),
                    Found::Nothing => assert_eq!((first, query.mode), (None, Mode::Join)),
                    Found::Create(_) => assert_eq!((first, is_creating), (None, false)),
                }
                self.take(found, query);
            }
            None => {
                assert_eq!(
                    (first, is_creating, query.mode),
                    (None, true, Mode::JoinOrCreate)
                );
                self.waiting.push(Waits {
                    answer,
                    flag,
                    query,
                });
            }
        }
    }

    fn settle_a_hold(&mut self) {
        let Some(index) = self.random.index(self.holds.len()) else {
            return;
        };
        let held = self.holds.swap_remove(index);
        let Some(room) = self
            .rooms
            .iter_mut()
            .find(|room| room.room == held.hold.room())
        else {
            return;
        };
        room.clients += 1;
        self.subject
            .registry()
            .publish(room.clone(), vec![held.hold], None);
    }

    fn drop_a_hold(&mut self) {
        if let Some(index) = self.random.index(self.holds.len()) {
            self.holds.swap_remove(index);
        }
    }

    /// The room that comes of it does not always fit who asked for it.
    fn create_with_a_ticket(&mut self) {
        let Some(index) = self.random.index(self.tickets.len()) else {
            return;
        };
        let creating = self.tickets.swap_remove(index);
        self.last_room += 1;
        let room = RoomRecord {
            name: creating.query.name.clone(),
            filter: creating.query.filter.clone(),
            clients: 1,
            private: self.random.below(8) == 0,
            metadata: json!({ "skill": self.random.below(3) }),
            ..record(self.last_room, 1 + self.random.below(4) as u32)
        };
        self.rooms.push(room.clone());
        let ticket = match self.random.below(2) {
            0 => Some(creating.ticket),
            _ => {
                drop(creating.ticket);
                None
            }
        };
        self.subject.registry().publish(room, Vec::new(), ticket);
    }

    fn drop_a_ticket(&mut self) {
        if let Some(index) = self.random.index(self.tickets.len()) {
            self.tickets.swap_remove(index);
        }
    }

    fn give_up_waiting(&mut self) {
        if let Some(index) = self.random.index(self.waiting.len()) {
            self.waiting.remove(index);
        }
    }

    fn change_a_room(&mut self) {
        let Some(index) = self.random.index(self.rooms.len()) else {
            return;
        };
        let room = &mut self.rooms[index];
        match self.random.below(8) {
            0 => room.locked = !room.locked,
            1 => room.private = !room.private,
            2 => room.clients_max = 1 + self.random.below(4) as u32,
            3 => room.metadata = json!({ "skill": self.random.below(3) }),
            4 => room.clients += 1,
            5 => room.filter = self.random.filter(),
            _ => room.clients = room.clients.saturating_sub(1),
        }
        self.subject
            .registry()
            .publish(room.clone(), Vec::new(), None);
    }

    fn withdraw_a_room(&mut self) {
        let Some(index) = self.random.index(self.rooms.len()) else {
            return;
        };
        let room = self.rooms.swap_remove(index).room;
        self.subject.registry().withdraw(room);
        let holds = self.holds.iter_mut();
        holds
            .filter(|held| held.hold.room() == room)
            .for_each(|held| held.ended = true);
    }

    /// Executors may poll at any time, and with another waker.
    fn poll_without_a_reason(&mut self) {
        for waits in &mut self.waiting {
            waits.flag = Arc::default();
            assert!(poll(&mut waits.answer, &waits.flag).is_none());
        }
    }

    fn let_time_pass(&mut self) {
        let thousandths = self.random.below(600) as u32;
        self.pass(self.subject.promise() / 1_000 * thousandths);
    }

    /// Where many nodes are, who waits is answered at a moment that is not seen from here: nobody
    /// waits while promises end.
    fn pass(&mut self, time: Duration) {
        if self.subject.counts_ended_claims() {
            self.waiting.clear();
            self.subject.settle();
        }
        self.subject.pass(time);
    }

    /// Answers need a little time where there are many nodes: no promise may end just then.
    fn avoid_the_last_moment(&mut self) {
        const MARGIN: Duration = Duration::from_millis(600);
        let holds = self.holds.iter().map(|held| held.expires_at);
        let tickets = self.tickets.iter().map(|creating| creating.expires_at);
        let ends: Vec<Timestamp> = holds.chain(tickets).collect();
        let is_near = |now: Timestamp| {
            let near = |end: &Timestamp| end.since(now) < MARGIN && now.since(*end) < MARGIN;
            ends.iter().any(near)
        };
        while self.subject.counts_ended_claims() && is_near(self.subject.now()) {
            self.pass(MARGIN);
        }
    }

    fn ask(&mut self, query: &Query) -> Answer {
        let now = self.subject.now();
        let answer = self.subject.registry().find(query.clone(), now);
        self.subject.settle();
        answer
    }

    /// Some give up just when they are answered: that wakes others.
    fn answer_the_woken(&mut self) {
        self.subject.settle();
        while let Some(woken) = self.waiting.iter().position(|waits| waits.flag.is_up()) {
            let mut waits = self.waiting.remove(woken);
            if self.random.below(8) > 0 {
                let found = poll(&mut waits.answer, &waits.flag);
                let found = found.expect("who is woken has an answer");
                self.take(found.unwrap(), waits.query.clone());
            }
            drop(waits);
            self.subject.settle();
        }
    }

    fn take(&mut self, found: Found, query: Query) {
        let expires_at = self.subject.now().after(self.subject.promise());
        match found {
            Found::Room { hold, record } => {
                assert!(fits(&record, &query) && self.taken(&record) < record.clients_max);
                let ended = false;
                self.holds.push(Held {
                    hold,
                    expires_at,
                    ended,
                });
            }
            Found::Nothing => {}
            Found::Create(ticket) => {
                assert!(!self.is_creating(&query), "one ticket at a time");
                self.tickets.push(Creating {
                    ticket,
                    query,
                    expires_at,
                });
            }
        }
    }

    fn check(&self, when: &str) {
        let counts = self.subject.registry().counts();
        assert_eq!(counts.rooms, self.rooms.len() as u64, "{when}");
        let (holds, tickets) = match self.subject.counts_ended_claims() {
            true => (self.holds.len(), self.tickets.len()),
            false => (self.live_holds().count(), self.live_tickets().count()),
        };
        assert_eq!(counts.holds, holds as u64, "{when}");
        assert_eq!(counts.tickets, tickets as u64, "{when}");
        assert_eq!(counts.waiting, self.waiting.len() as u64, "{when}");
        for waits in &self.waiting {
            assert!(self.is_creating(&waits.query), "forgotten at {when}");
            assert_eq!(
                self.first_that_fits(&waits.query),
                None,
                "forgotten at {when}"
            );
        }
    }

    /// All promises end; then every free seat is found once, and no other.
    fn end(mut self, when: &str) {
        self.waiting.clear();
        self.holds.clear();
        self.tickets.clear();
        // Those who gave up are counted until they would be asked for.
        self.subject.pass(Duration::from_millis(100));
        self.subject.settle();
        self.check(when);
        while let Some(room) = self.rooms.first().cloned() {
            let query = Query {
                name: room.name.clone(),
                filter: room.filter.clone(),
                sort_by: SortBy::default(),
                exclude: Vec::new(),
                mode: Mode::Join,
            };
            let found = poll(&mut self.ask(&query), &Arc::default());
            let found = found.expect("an answer at once").unwrap();
            let Found::Room { .. } = found else {
                assert_eq!(self.first_that_fits(&query), None, "{when}");
                self.rooms
                    .retain(|other| !fits(other, &query) && other.room != room.room);
                continue;
            };
            self.take(found, query);
        }
    }

    fn live_holds(&self) -> impl Iterator<Item = &Held> {
        let is_live = |held: &&Held| !held.ended && held.expires_at > self.subject.now();
        self.holds.iter().filter(is_live)
    }

    fn live_tickets(&self) -> impl Iterator<Item = &Creating> {
        self.tickets
            .iter()
            .filter(|creating| creating.expires_at > self.subject.now())
    }

    fn is_creating(&self, query: &Query) -> bool {
        self.live_tickets().any(|creating| {
            creating.query.name == query.name && creating.query.filter == query.filter
        })
    }

    fn taken(&self, room: &RoomRecord) -> u32 {
        let holds = self.live_holds();
        room.clients + holds.filter(|held| held.hold.room() == room.room).count() as u32
    }

    /// What the registry should find, by looking at every room.
    fn first_that_fits(&self, query: &Query) -> Option<RoomId> {
        let free = |room: &&RoomRecord| self.taken(room) < room.clients_max;
        let rooms = self
            .rooms
            .iter()
            .filter(|room| fits(room, query))
            .filter(free);
        let place = |room: &&RoomRecord| {
            let taken = i64::from(self.taken(room));
            let skill = room.metadata["skill"].as_i64().map_or(0, |skill| -skill);
            let orders = sort_orders();
            let order = orders.iter().position(|order| *order == query.sort_by);
            let first = [0, taken, -taken, skill][order.unwrap()];
            (first, room.room)
        };
        rooms.min_by_key(place).map(|room| room.room)
    }
}

fn fits(room: &RoomRecord, query: &Query) -> bool {
    let is_open = !room.locked && !room.private;
    let is_same = room.name == query.name && room.filter == query.filter;
    is_open && is_same && !query.exclude.contains(&room.room)
}
