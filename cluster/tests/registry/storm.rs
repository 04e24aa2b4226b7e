//! A thousand threads that all want to play at the same moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use downbeat_cluster::{Embedded, Found, Hold, Load, Location, Mode, Registry, RoomRecord, Ticket};
use downbeat_schemas::id::{NodeId, RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use futures_executor::block_on;

use super::{query, record};

const REQUESTS: usize = 1_000;
const CLIENTS_MAX: u32 = 50;
const NOW: Timestamp = Timestamp(1);

#[test]
fn a_thousand_join_or_create_make_twenty_rooms_of_fifty() {
    let owner = Arc::new(Owner::new());
    let start = Arc::new(Barrier::new(REQUESTS));
    let requests: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let (owner, start) = (owner.clone(), start.clone());
            let thread = thread::Builder::new().stack_size(256 << 10);
            let request = move || {
                start.wait();
                owner.join_or_create();
            };
            thread.spawn(request).unwrap()
        })
        .collect();
    for request in requests {
        request.join().unwrap();
    }

    let rooms = owner.rooms.lock().unwrap();
    assert_eq!(rooms.len(), REQUESTS / CLIENTS_MAX as usize);
    assert!(rooms.values().all(|room| room.clients == CLIENTS_MAX));
    let counts = owner.registry.counts();
    assert_eq!((counts.holds, counts.tickets, counts.waiting), (0, 0, 0));
    let placed = |shard| {
        let rooms = rooms.values();
        rooms
            .filter(|room| room.location.shard == ShardId(shard))
            .count()
    };
    assert_eq!((placed(0), placed(1)), (10, 10));
}

/// Plays all the shards that own rooms.
struct Owner {
    registry: Embedded,
    rooms: Mutex<BTreeMap<RoomId, RoomRecord>>,
}

impl Owner {
    fn new() -> Self {
        let registry = Embedded::new(&Limits::default());
        for shard in [ShardId(0), ShardId(1)] {
            let node = NodeId(1);
            registry.report_load(Location { node, shard }, Load::IDLE);
        }
        Self {
            registry,
            rooms: Mutex::default(),
        }
    }

    fn join_or_create(&self) {
        let answer = self.registry.find(query(Mode::JoinOrCreate), NOW);
        match block_on(answer).unwrap() {
            Found::Room { hold, .. } => self.take_seat(hold),
            Found::Create(ticket) => {
                self.create(ticket);
            }
            Found::Nothing => panic!("joinOrCreate finds or creates"),
        }
    }

    fn take_seat(&self, hold: Hold) {
        let mut rooms = self.rooms.lock().unwrap();
        let room = rooms.get_mut(&hold.room()).unwrap();
        assert!(room.clients < CLIENTS_MAX, "over-assigned");
        room.clients += 1;
        self.registry.publish(room.clone(), vec![hold], None);
    }

    fn create(&self, ticket: Ticket) {
        let mut rooms = self.rooms.lock().unwrap();
        let id = rooms.len() as u64 + 1;
        let record = RoomRecord {
            location: self.registry.place().unwrap(),
            clients: 1,
            ..record(id, CLIENTS_MAX)
        };
        rooms.insert(record.room, record.clone());
        self.registry.publish(record, Vec::new(), Some(ticket));
    }
}
