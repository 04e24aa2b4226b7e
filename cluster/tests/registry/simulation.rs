//! Random requests, owners and failures against a model that knows every seat and promise.

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::{Embedded, Found, Hold, Mode, Query, Registry, RoomRecord, SortBy, Ticket};
use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde_json::json;

use super::random::{Random, sort_orders};
use super::{Answer, Flag, now_or_never, poll, record};

const SEEDS: u64 = 150;
const STEPS: u64 = 1_500;
/// `matchmake_timeout_ms` and `create_timeout_ms`.
const PROMISE: Duration = Duration::from_secs(5);

#[test]
fn no_seat_is_given_twice_and_nobody_is_forgotten() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for step in 0..STEPS {
            world.step();
            world.answer_the_woken();
            world.check(&format!("seed {seed} step {step}"));
        }
        world.end(&format!("seed {seed}"));
    }
}

/// The registry, and what must be true of it.
struct World {
    registry: Embedded,
    random: Random,
    now: Timestamp,
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

impl World {
    fn new(seed: u64) -> Self {
        Self {
            registry: Embedded::new(&Limits::default()),
            random: Random(seed),
            now: Timestamp::default(),
            last_room: 0,
            rooms: Vec::new(),
            holds: Vec::new(),
            tickets: Vec::new(),
            waiting: Vec::new(),
        }
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
        let mut answer = self.registry.find(query.clone(), self.now);
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
        self.registry.publish(room.clone(), vec![held.hold], None);
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
            // Dropped here: before the room is published.
            _ => None,
        };
        self.registry.publish(room, Vec::new(), ticket);
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
        self.registry.publish(room.clone(), Vec::new(), None);
    }

    fn withdraw_a_room(&mut self) {
        let Some(index) = self.random.index(self.rooms.len()) else {
            return;
        };
        let room = self.rooms.swap_remove(index).room;
        self.registry.withdraw(room);
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
        let pause = Duration::from_millis(self.random.below(3_000));
        self.now = self.now.after(pause);
        self.registry.expire(self.now);
    }

    /// Some give up just when they are answered: that wakes others.
    fn answer_the_woken(&mut self) {
        while let Some(woken) = self.waiting.iter().position(|waits| waits.flag.is_up()) {
            let mut waits = self.waiting.remove(woken);
            if self.random.below(8) > 0 {
                let found = poll(&mut waits.answer, &waits.flag);
                let found = found.expect("who is woken has an answer");
                self.take(found.unwrap(), waits.query);
            }
        }
    }

    fn take(&mut self, found: Found, query: Query) {
        let expires_at = self.now.after(PROMISE);
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
        let counts = self.registry.counts();
        assert_eq!(counts.rooms, self.rooms.len() as u64, "{when}");
        assert_eq!(counts.holds, self.live_holds().count() as u64, "{when}");
        assert_eq!(counts.tickets, self.live_tickets().count() as u64, "{when}");
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
        self.check(when);
        while let Some(room) = self.rooms.first().cloned() {
            let query = Query {
                name: room.name.clone(),
                filter: room.filter.clone(),
                sort_by: SortBy::default(),
                exclude: Vec::new(),
                mode: Mode::Join,
            };
            let found = now_or_never(self.registry.find(query.clone(), self.now)).unwrap();
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
        let is_live = |held: &&Held| !held.ended && held.expires_at > self.now;
        self.holds.iter().filter(is_live)
    }

    fn live_tickets(&self) -> impl Iterator<Item = &Creating> {
        self.tickets
            .iter()
            .filter(|creating| creating.expires_at > self.now)
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
