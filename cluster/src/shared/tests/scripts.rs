//! What the scripts do beyond what one node needs: fences, time, recovery, size.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use downbeat_schemas::id::{RoomId, ShardId};

use super::redis::{Client, Server};
use super::{calls, owner};
use crate::record::tests::record;
use crate::shared::call::{Calls, Change, Publication, Touched};
use crate::shared::owner::{Epoch, Title};
use crate::shared::reply::{self, FindAnswer, Word};
use crate::shared::store::{Call, Reply};
use crate::{
    Filter, HoldId, HoldPass, Mode, Order, Query, RoomRecord, SortBy, SortField, TicketId,
    TicketPass,
};

const LONG: Duration = Duration::from_secs(600);

/// A server with what asks it.
pub(super) fn start() -> (Server, Asks) {
    let server = Server::start();
    let redis = Client::of(&server);
    let last_id = 0;
    (server, Asks { redis, last_id })
}

pub(super) struct Asks {
    pub(super) redis: Client,
    last_id: u128,
}

impl Asks {
    pub(super) fn call(&mut self, call: &Call) -> Reply {
        self.redis.call(call).unwrap()
    }

    fn publish(&mut self, calls: &Calls, record: &RoomRecord, epoch: u64, version: u64) -> Word {
        let call = calls.publish(&record.name, &[set(record, epoch, version)]);
        reply::words(&self.call(&call), 1).unwrap()[0]
    }

    /// Publishes rooms with the ids from 1 on, of so many seats.
    pub(super) fn publish_many(&mut self, calls: &Calls, rooms: u64, seats: u32) {
        let ids: Vec<u64> = (1..=rooms).collect();
        for ids in ids.chunks(50) {
            let changes = ids.iter().map(|id| set(&record(*id, seats), 5, 1));
            let changes: Vec<Change> = changes.collect();
            self.call(&calls.publish("arena", &changes));
        }
    }

    fn find(&mut self, mode: Mode, promise: Duration) -> FindAnswer {
        loop {
            let answer = self.find_once(mode, promise);
            if answer != FindAnswer::Again {
                return answer;
            }
        }
    }

    fn find_once(&mut self, mode: Mode, promise: Duration) -> FindAnswer {
        self.last_id += 1;
        let ids = (HoldId(self.last_id), TicketId(self.last_id));
        let ticket = (mode == Mode::JoinOrCreate).then_some((ids.1, promise));
        let call = calls(1).find(&query(mode), (ids.0, promise), ticket);
        reply::find(&self.call(&call)).unwrap().answer
    }

    pub(super) fn finds(&mut self) -> Option<RoomId> {
        match self.find(Mode::Join, LONG) {
            FindAnswer::Room(record) => Some(record.room),
            _ => None,
        }
    }

    /// Has the room's owner silent for so long.
    fn silence(&mut self, room: RoomId, silent_ms: i64) {
        let Reply::Array(time) = self.redis.command(&[b"TIME"]).unwrap() else {
            panic!("TIME answers two numbers");
        };
        let Some(Reply::Bytes(seconds)) = time.first() else {
            panic!("TIME answers two numbers");
        };
        let seconds: i64 = String::from_utf8_lossy(seconds).parse().unwrap();
        let at = (seconds * 1_000 - silent_ms).to_string();
        let (key, room) = (b"downbeat:{name:arena}:s", room.to_string());
        self.redis
            .command(&[b"ZADD", key, at.as_bytes(), room.as_bytes()])
            .unwrap();
    }
}

pub(super) fn set(record: &RoomRecord, epoch: u64, version: u64) -> Change {
    let title = Title {
        epoch: Epoch(epoch),
        born_ms: record.room.0,
    };
    Change::Set(Publication {
        record: Arc::new(record.clone()),
        title,
        version,
        settled: Vec::new(),
        ticket: None,
    })
}

fn query(mode: Mode) -> Query {
    Query {
        name: "arena".into(),
        filter: Filter::default(),
        sort_by: SortBy::default(),
        exclude: Vec::new(),
        mode,
    }
}

#[test]
fn an_order_is_learnt_some_rooms_at_a_time_while_rooms_come_and_go() {
    let (_server, mut asks) = start();
    let calls = calls(1);
    asks.publish_many(&calls, 1_000, 10);
    assert_eq!(asks.find_once(Mode::JoinOrCreate, LONG), FindAnswer::Again);
    let (room, epoch) = (RoomId(1), Epoch(5));
    asks.call(&calls.publish("arena", &[Change::End { room, epoch }]));
    assert_eq!(asks.publish(&calls, &record(1_001, 10), 5, 1), Word::Ok);
    assert_eq!(asks.find_once(Mode::Join, LONG), FindAnswer::Again);
    // The oldest of all, though most were learnt after the first answer.
    for oldest in 2..=1_001 {
        for _ in 0..10 {
            assert_eq!(asks.finds(), Some(RoomId(oldest)));
        }
    }
    assert_eq!(asks.finds(), None);
}

#[test]
fn what_a_former_owner_says_is_ignored() {
    let (_server, mut asks) = start();
    let (former, later) = (calls(1), calls(2));
    let mut room = record(1, 10);
    assert_eq!(asks.publish(&former, &room, 5, 1), Word::Ok);
    assert_eq!(asks.publish(&later, &room, 6, 1), Word::Ok);
    room.locked = true;
    assert_eq!(asks.publish(&former, &room, 5, 2), Word::Old);
    assert_eq!(asks.publish(&former, &room, 6, 2), Word::Old);
    let end = |epoch| {
        let (room, epoch) = (RoomId(1), Epoch(epoch));
        [Change::End { room, epoch }]
    };
    let ended = asks.call(&former.publish("arena", &end(5)));
    assert_eq!(reply::words(&ended, 1).unwrap(), [Word::Old]);
    assert_eq!(
        asks.call(&former.purge("arena", owner(1), &[RoomId(1)])),
        Reply::Int(0)
    );
    assert_eq!(asks.finds(), Some(RoomId(1)));
    assert_eq!(
        asks.call(&former.purge("arena", owner(2), &[RoomId(1)])),
        Reply::Int(1)
    );
    assert_eq!(asks.redis.keys(), [""; 0]);
}

#[test]
fn a_record_that_was_held_up_does_not_replace_a_later_one() {
    let (_server, mut asks) = start();
    let mut room = record(1, 10);
    room.locked = true;
    assert_eq!(asks.publish(&calls(1), &room, 5, 3), Word::Ok);
    room.locked = false;
    assert_eq!(asks.publish(&calls(1), &room, 5, 2), Word::Old);
    assert_eq!(asks.finds(), None);
    // Told again: the answer had been lost.
    assert_eq!(asks.publish(&calls(1), &room, 5, 3), Word::Ok);
}

#[test]
fn an_assertion_says_what_the_store_has_lost() {
    let (_server, mut asks) = start();
    for room in 1..=3 {
        asks.publish(&calls(1), &record(room, 10), 5, 1);
    }
    let touched = |room, epoch, version| Touched {
        room: RoomId(room),
        epoch: Epoch(epoch),
        version,
    };
    let rooms = [
        touched(1, 5, 1),
        touched(2, 5, 2),
        touched(3, 4, 1),
        touched(4, 5, 1),
    ];
    let answer = asks.call(&calls(1).touch("arena", &rooms));
    let expected = [Word::Ok, Word::Again, Word::Old, Word::Again];
    assert_eq!(reply::words(&answer, 4).unwrap(), expected);
}

#[test]
fn rooms_that_nobody_speaks_of_are_forgotten() {
    let (_server, mut asks) = start();
    for room in 1..=3 {
        asks.publish(&calls(1), &record(room, 10), 5, 1);
    }
    asks.silence(RoomId(1), 32_000);
    asks.silence(RoomId(2), 32_000);
    asks.silence(RoomId(3), 10_000);
    assert_eq!(asks.finds(), Some(RoomId(3)), "not led to one of the dead");
    for room in 1..=2 {
        asks.publish(&calls(1), &record(room, 10), 5, 1);
        asks.silence(RoomId(room), 32_000);
    }
    let expired = asks.call(&calls(1).expire("arena"));
    assert_eq!(reply::expired(&expired).unwrap(), (0, 2));
    asks.silence(RoomId(3), 32_000);
    asks.call(&calls(1).expire("arena"));
    assert_eq!(asks.redis.keys(), [""; 0]);
}

#[test]
fn promises_end_by_the_servers_time() {
    let (_server, mut asks) = start();
    let short = Duration::from_millis(40);
    assert_eq!(asks.find(Mode::JoinOrCreate, short), FindAnswer::Create);
    asks.publish(&calls(1), &record(1, 1), 5, 1);
    assert!(matches!(asks.find(Mode::Join, short), FindAnswer::Room(_)));
    sleep(short * 2);
    let FindAnswer::Room(_) = asks.find(Mode::Join, short) else {
        panic!("the seat of a hold that expired is free");
    };
    sleep(short * 2);
    let expired = asks.call(&calls(1).expire("arena"));
    assert_eq!(reply::expired(&expired).unwrap(), (1, 0));
    let (room, epoch) = (RoomId(1), Epoch(5));
    asks.call(&calls(1).publish("arena", &[Change::End { room, epoch }]));
    assert_eq!(asks.find(Mode::JoinOrCreate, short), FindAnswer::Create);
    sleep(short * 2);
    assert_eq!(asks.redis.keys(), [""; 0]);
}

#[test]
fn late_words_on_promises_take_nothing_from_others() {
    let (_server, mut asks) = start();
    assert_eq!(asks.find(Mode::JoinOrCreate, LONG), FindAnswer::Create);
    let ticket = |id| TicketPass {
        name: "arena".into(),
        filter: Filter::default(),
        id: TicketId(id),
    };
    assert_eq!(asks.call(&calls(1).finish(&ticket(99))), Reply::Int(0));
    assert_eq!(asks.find(Mode::JoinOrCreate, LONG), FindAnswer::Wait);
    assert_eq!(asks.call(&calls(1).finish(&ticket(1))), Reply::Int(1));
    asks.publish(&calls(1), &record(1, 1), 5, 1);
    assert_eq!(asks.finds(), Some(RoomId(1)));
    let hold = HoldPass {
        room: RoomId(1),
        name: "arena".into(),
        id: HoldId(99),
    };
    assert_eq!(asks.call(&calls(1).release(&hold)), Reply::Int(0));
    assert_eq!(asks.finds(), None);
}

#[test]
fn a_find_that_is_repeated_has_its_ticket_already() {
    let (_server, mut asks) = start();
    let ticket = Some((TicketId(7), LONG));
    let call = calls(1).find(&query(Mode::JoinOrCreate), (HoldId(7), LONG), ticket);
    for _ in 0..2 {
        let answer = reply::find(&asks.call(&call)).unwrap().answer;
        assert_eq!(answer, FindAnswer::Create);
    }
}

#[test]
fn every_key_has_a_time_to_live() {
    let (_server, mut asks) = start();
    let calls = calls(1);
    asks.find(Mode::JoinOrCreate, LONG);
    for room in 1..=3 {
        asks.publish(&calls, &record(room, 10), 5, 1);
    }
    let orders = [SortField::Clients, SortField::ClientsMax];
    for field in orders {
        let mut query = query(Mode::Join);
        query.sort_by = SortBy::default().then(field, Order::Descending);
        asks.call(&calls.find(&query, (HoldId(1), LONG), None));
    }
    asks.call(&calls.index_add(RoomId(1), "arena"));
    asks.call(&calls.room_create(RoomId(1), ShardId(0), "arena"));
    asks.call(&calls.names(&["arena".into()]));
    asks.call(&calls.loads(String::new()));
    let keys = asks.redis.keys();
    assert!(keys.len() >= 13, "{keys:?}");
    for key in keys {
        let left = asks.redis.command(&[b"PTTL", key.as_bytes()]).unwrap();
        assert!(matches!(left, Reply::Int(1..)), "{key}: {left:?}");
    }
}
