//! The same random requests to the scripts in a real server and to the registry of one node: they
//! answer the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde_json::json;

use super::random::{Random, sort_orders};
use super::redis::{Client, Server};
use crate::record::tests::record;
use crate::shared::call::{Calls, Change, Publication};
use crate::shared::owner::{Epoch, Title};
use crate::shared::reply::{self, FindAnswer, Word};
use crate::{
    Embedded, Found, Hold, HoldId, HoldPass, Mode, Order, Pending, Query, Registry, RoomRecord,
    SortBy, SortField, Ticket, TicketId, TicketPass,
};

const SEEDS: u64 = 6;
const STEPS: u64 = 2_000;
/// Longer than the test takes: time is no part of it.
const PROMISE: Duration = Duration::from_secs(600);
const NOW: Timestamp = Timestamp(0);

#[test]
fn scripts_answer_as_the_registry_of_one_node() {
    let server = Server::start();
    for seed in 0..SEEDS {
        let mut both = Both::new(seed, Client::of(&server));
        for step in 0..STEPS {
            both.step(&format!("seed {seed} step {step}"));
        }
        both.end();
        for (what, count) in &both.seen {
            assert!(*count > 100, "seed {seed}: {what} only {count} times");
        }
        assert_eq!(both.seen.len(), 4, "seed {seed}: {:?}", both.seen);
    }
}

struct Both {
    random: Random,
    model: Embedded,
    redis: Client,
    calls: Calls,
    last_id: u128,
    version: u64,
    /// How often each answer was given.
    seen: BTreeMap<&'static str, u32>,
    rooms: Vec<RoomRecord>,
    holds: Vec<(Hold, HoldPass)>,
    tickets: Vec<(Ticket, TicketPass)>,
}

impl Both {
    fn new(seed: u64, redis: Client) -> Self {
        Self {
            random: Random(seed),
            model: Embedded::new(&Limits::default()),
            redis,
            calls: super::calls(1),
            last_id: 0,
            version: 0,
            seen: BTreeMap::new(),
            rooms: Vec::new(),
            holds: Vec::new(),
            tickets: Vec::new(),
        }
    }

    fn step(&mut self, when: &str) {
        match self.random.below(20) {
            0..8 => self.find(when),
            8..10 => self.settle_a_hold(),
            10 => self.drop_a_hold(),
            11..13 => self.create_with_a_ticket(),
            13 => self.drop_a_ticket(),
            14..18 => self.change_a_room(),
            18 => self.withdraw_a_room(),
            _ => self.list(when),
        }
    }

    fn find(&mut self, when: &str) {
        let mut query = self.random.query(self.rooms.len() as u64);
        if self.random.below(2) == 0 {
            query.sort_by = self.mixed_order();
        }
        let (hold, ticket) = (HoldId(self.next_id()), TicketId(self.next_id()));
        let may_create = (query.mode == Mode::JoinOrCreate).then_some((ticket, PROMISE));
        let call = self.calls.find(&query, (hold, PROMISE), may_create);
        let answer = reply::find(&self.redis.call(&call).unwrap()).unwrap();
        let expected = at_once(self.model.find(query.clone(), NOW)).map(Result::unwrap);
        let what = match &answer.answer {
            FindAnswer::Room(_) => "room",
            FindAnswer::Create => "create",
            FindAnswer::Nothing => "none",
            FindAnswer::Wait => "wait",
            FindAnswer::Again => panic!("{when}: so few rooms are put in order at once"),
        };
        *self.seen.entry(what).or_default() += 1;
        match (answer.answer, expected) {
            (FindAnswer::Room(found), Some(Found::Room { record, hold: held })) => {
                assert_eq!(*found, *record, "{when}");
                let (room, name) = (record.room, record.name.clone());
                let pass = HoldPass {
                    room,
                    name,
                    id: hold,
                };
                self.holds.push((held, pass));
            }
            (FindAnswer::Create, Some(Found::Create(held))) => {
                let Query { name, filter, .. } = query;
                let pass = TicketPass {
                    name,
                    filter,
                    id: ticket,
                };
                self.tickets.push((held, pass));
            }
            (FindAnswer::Nothing, Some(Found::Nothing)) | (FindAnswer::Wait, None) => {}
            (found, expected) => panic!("{when}: {found:?} instead of {expected:?} to {query:?}"),
        }
    }

    /// More orders than an index is kept for.
    fn mixed_order(&mut self) -> SortBy {
        let orders = sort_orders();
        let mut order = orders[self.random.below(4) as usize].clone();
        for _ in 0..self.random.below(3) {
            let field = match self.random.below(4) {
                0 => SortField::Clients,
                1 => SortField::ClientsMax,
                2 => SortField::CreatedAt,
                _ => SortField::Metadata(["skill", "map"][self.random.below(2) as usize].into()),
            };
            let direction = match self.random.below(2) {
                0 => Order::Ascending,
                _ => Order::Descending,
            };
            order = order.then(field, direction);
        }
        order
    }

    fn settle_a_hold(&mut self) {
        let Some(index) = self.random.index(self.holds.len()) else {
            return;
        };
        let (hold, pass) = self.holds.swap_remove(index);
        let room = self.rooms.iter_mut().find(|room| room.room == pass.room);
        let Some(room) = room else {
            return self.release(hold, &pass);
        };
        room.clients += 1;
        let room = room.clone();
        self.model.publish(room.clone(), vec![hold], None);
        self.publish(room, vec![pass.id], None);
    }

    fn drop_a_hold(&mut self) {
        if let Some(index) = self.random.index(self.holds.len()) {
            let (hold, pass) = self.holds.swap_remove(index);
            self.release(hold, &pass);
        }
    }

    fn release(&mut self, hold: Hold, pass: &HoldPass) {
        drop(hold);
        self.redis.call(&self.calls.release(pass)).unwrap();
    }

    fn create_with_a_ticket(&mut self) {
        let Some(index) = self.random.index(self.tickets.len()) else {
            return;
        };
        let (ticket, pass) = self.tickets.swap_remove(index);
        let id = self.rooms.iter().map(|room| room.room.0).max();
        let id = id.unwrap_or_default() + 1;
        let mut room = RoomRecord {
            name: pass.name.clone(),
            filter: pass.filter.clone(),
            clients: 1,
            ..record(id, 1 + self.random.below(4) as u32)
        };
        room.metadata = self.metadata();
        room.created_at = Timestamp(self.random.below(10) * 1_000_000);
        self.rooms.push(room.clone());
        self.model.publish(room.clone(), Vec::new(), Some(ticket));
        self.publish(room, Vec::new(), Some(pass));
    }

    fn metadata(&mut self) -> serde_json::Value {
        match self.random.below(6) {
            0 => json!(null),
            1 => json!({ "map": "dust" }),
            2 => json!({ "map": "dust2", "skill": -1.5 }),
            3 => json!({ "map": "\0", "skill": "high" }),
            4 => json!({ "map": ["dust"], "skill": true }),
            _ => json!({ "skill": self.random.below(3) }),
        }
    }

    fn drop_a_ticket(&mut self) {
        if let Some(index) = self.random.index(self.tickets.len()) {
            let (ticket, pass) = self.tickets.swap_remove(index);
            drop(ticket);
            self.redis.call(&self.calls.finish(&pass)).unwrap();
        }
    }

    fn change_a_room(&mut self) {
        let Some(index) = self.random.index(self.rooms.len()) else {
            return;
        };
        let (filter, metadata) = (self.random.filter(), self.metadata());
        let room = &mut self.rooms[index];
        match self.random.below(8) {
            0 => room.locked = !room.locked,
            1 => room.private = !room.private,
            2 => room.clients_max = 1 + self.random.below(4) as u32,
            3 => room.metadata = metadata,
            4 => room.clients += 1,
            5 => room.filter = filter,
            _ => room.clients = room.clients.saturating_sub(1),
        }
        let room = room.clone();
        self.model.publish(room.clone(), Vec::new(), None);
        self.publish(room, Vec::new(), None);
    }

    fn withdraw_a_room(&mut self) {
        if let Some(index) = self.random.index(self.rooms.len()) {
            let room = self.rooms.swap_remove(index);
            self.withdraw(&room);
        }
    }

    fn withdraw(&mut self, room: &RoomRecord) {
        self.model.withdraw(room.room);
        let (room, name) = (room.room, &room.name);
        let epoch = Epoch(1);
        let call = self.calls.publish(name, &[Change::End { room, epoch }]);
        let words = reply::words(&self.redis.call(&call).unwrap(), 1);
        assert_eq!(words, Ok(vec![Word::Ok]));
    }

    fn publish(&mut self, room: RoomRecord, settled: Vec<HoldId>, ticket: Option<TicketPass>) {
        self.version += 1;
        let name = room.name.clone();
        let title = Title {
            epoch: Epoch(1),
            born_ms: room.created_at.0 / 1_000_000,
        };
        let publication = Publication {
            record: Arc::new(room),
            title,
            version: self.version,
            settled,
            ticket,
        };
        let call = self.calls.publish(&name, &[Change::Set(publication)]);
        let words = reply::words(&self.redis.call(&call).unwrap(), 1);
        assert_eq!(words, Ok(vec![Word::Ok]));
    }

    fn list(&mut self, when: &str) {
        let name = ["arena", "chat"][self.random.below(2) as usize];
        let page = self.redis.call(&self.calls.list(name, Vec::new())).unwrap();
        let page = reply::page(&page).unwrap();
        assert_eq!(page.next, None);
        let public = page.records.iter().filter(|room| !room.private);
        let listed: Vec<RoomId> = public.map(|room| room.room).collect();
        let expected = at_once(self.model.list(Some(name))).unwrap();
        let expected: Vec<RoomId> = expected.iter().map(|room| room.room_id).collect();
        assert_eq!(listed, expected, "{when}");
    }

    /// Nothing stays of what came and went.
    fn end(&mut self) {
        for (ticket, pass) in std::mem::take(&mut self.tickets) {
            drop(ticket);
            self.redis.call(&self.calls.finish(&pass)).unwrap();
        }
        for room in std::mem::take(&mut self.rooms) {
            self.withdraw(&room);
        }
        for (hold, pass) in std::mem::take(&mut self.holds) {
            self.release(hold, &pass);
        }
        assert_eq!(self.redis.keys(), [""; 0]);
    }

    fn next_id(&mut self) -> u128 {
        self.last_id += 1;
        self.last_id
    }
}

/// `None` if it has to be waited for.
fn at_once<T>(mut pending: Pending<T>) -> Option<T> {
    let context = &mut Context::from_waker(Waker::noop());
    match pending.as_mut().poll(context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
