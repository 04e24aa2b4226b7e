//! Hundreds of requests at three nodes at the same moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::node::{Node, block_on, location, query, wait_until};
use super::redis::Server;
use crate::record::tests::record;
use crate::{Found, HoldPass, Mode, Registry, RoomRecord, TicketPass};

const REQUESTS: usize = 500;
const CLIENTS_MAX: u32 = 50;
const NODES: usize = 3;

#[test]
fn five_hundred_join_or_create_at_three_nodes_make_ten_rooms_of_fifty() {
    let server = Server::start();
    let mut limits = Limits::default();
    // However long this machine takes for it.
    limits.set("create_timeout_ms", 600_000).unwrap();
    limits.set("matchmake_timeout_ms", 600_000).unwrap();
    let nodes = (1..=NODES as u64).map(|id| Node::start(&server, id, &limits));
    let cluster = Arc::new(Cluster {
        nodes: nodes.collect(),
        rooms: Mutex::default(),
    });
    let start = Arc::new(Barrier::new(REQUESTS));
    let requests: Vec<_> = (0..REQUESTS)
        .map(|request| {
            let (cluster, start) = (cluster.clone(), start.clone());
            let join = move || {
                start.wait();
                cluster.join_or_create(request % NODES);
            };
            let thread = thread::Builder::new().stack_size(256 << 10);
            thread.spawn(join).unwrap()
        })
        .collect();
    for request in requests {
        request.join().unwrap();
    }
    let rooms = cluster.rooms.lock().unwrap();
    let clients: u32 = rooms.values().map(|room| room.clients).sum();
    assert_eq!(clients, REQUESTS as u32);
    assert!(rooms.values().all(|room| room.clients <= CLIENTS_MAX));
    // Full rooms, and no more: seats are refused to nobody here.
    assert_eq!(rooms.len(), REQUESTS / CLIENTS_MAX as usize);
    for node in &cluster.nodes {
        // A round ends a little after its last answer.
        wait_until(|| {
            let counts = node.registry.counts();
            (counts.holds, counts.tickets, counts.waiting) == (0, 0, 0)
        });
    }
}

/// Plays the shards of all nodes.
struct Cluster {
    nodes: Vec<Node>,
    rooms: Mutex<BTreeMap<RoomId, RoomRecord>>,
}

impl Cluster {
    fn join_or_create(&self, at: usize) {
        let registry = &self.nodes[at].registry;
        let answer = registry.find(query(Mode::JoinOrCreate), Timestamp::default());
        match block_on(answer).unwrap() {
            Found::Room { record, hold } => {
                let owner = record.location.node.0;
                self.take_seat(owner, hold.into_pass());
            }
            Found::Create(ticket) => {
                let owner = registry.place().unwrap().node.0;
                self.create(owner, ticket.into_pass());
            }
            Found::Nothing => panic!("joinOrCreate finds or creates"),
        }
    }

    fn take_seat(&self, owner: u64, hold: HoldPass) {
        let registry = &self.node(owner).registry;
        let hold = registry.adopt_hold(hold);
        let mut rooms = self.rooms.lock().unwrap();
        let room = rooms.get_mut(&hold.room()).unwrap();
        assert!(room.clients < CLIENTS_MAX, "over-assigned");
        room.clients += 1;
        registry.publish(room.clone(), vec![hold], None);
    }

    fn create(&self, owner: u64, ticket: TicketPass) {
        let registry = &self.node(owner).registry;
        let ticket = registry.adopt_ticket(ticket);
        let mut rooms = self.rooms.lock().unwrap();
        let id = rooms.len() as u64 + 1;
        let record = RoomRecord {
            location: location(owner),
            clients: 1,
            ..record(id, CLIENTS_MAX)
        };
        rooms.insert(record.room, record.clone());
        registry.publish(record, Vec::new(), Some(ticket));
    }

    fn node(&self, id: u64) -> &Node {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| node.id == id).unwrap()
    }
}
