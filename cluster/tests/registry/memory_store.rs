//! What the scripts do, said once more: plain maps that are searched from end to end.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use downbeat_cluster::shared::store::{Call, Reply, Store, StoreError};

type Text = Vec<u8>;

/// A store in memory, whose time is that of the runtime.
pub(crate) struct MemoryStore {
    data: RefCell<Data>,
    start: tokio::time::Instant,
}

#[derive(Default)]
struct Data {
    partitions: BTreeMap<Text, Partition>,
    owners: BTreeMap<Text, Vec<Text>>,
    names: BTreeSet<Text>,
}

#[derive(Default)]
struct Partition {
    rooms: BTreeMap<Text, Room>,
    /// The ticket of each filter, and when it ends.
    tickets: BTreeMap<Text, (Text, u64)>,
}

struct Room {
    version: u64,
    clients: u64,
    max: u64,
    is_open: bool,
    filter: Text,
    born: Text,
    record: Text,
    values: BTreeMap<Text, Text>,
    /// When each ends.
    holds: BTreeMap<Text, u64>,
}

impl MemoryStore {
    pub(crate) fn new() -> Self {
        Self {
            data: RefCell::default(),
            start: tokio::time::Instant::now(),
        }
    }
}

impl Store for MemoryStore {
    async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        let now = self.start.elapsed().as_millis() as u64 + 1;
        let data = &mut *self.data.borrow_mut();
        let mut args = Args(call.args.into_iter());
        let partition = || StoreError(format!("no such script: {}", call.script.name));
        Ok(match call.script.name {
            "ROOM_CREATE" => data.create(call.key, args, now),
            "ROOM_KEEP" => Reply::Array(vec![Reply::Int(1), args.reply(), args.last()]),
            "ROOM_DROP" => Reply::Int(i64::from(data.owners.remove(&call.key).is_some())),
            "ROOM_READ" => data.owner(&call.key),
            "INDEX" => Reply::Int(1),
            "NAMES" => data.names(args),
            "LOADS" => Reply::Array(vec![text(now.to_string())]),
            script => {
                let rooms = data.partitions.entry(call.key).or_default();
                rooms.expire(now);
                match script {
                    "FIND" => rooms.find(args, now),
                    "PUBLISH" => rooms.publish(args),
                    "TOUCH" => rooms.touch(args),
                    "RELEASE" => rooms.release(args),
                    "FINISH" => rooms.finish(args),
                    "EXPIRE" => Reply::Array(vec![Reply::Int(0), Reply::Int(0)]),
                    "LIST" => rooms.list(),
                    "LISTING" => rooms.listing(args),
                    _ => return Err(partition()),
                }
            }
        })
    }
}

impl Data {
    fn create(&mut self, key: Text, mut args: Args, now: u64) -> Reply {
        let epoch = Text::from(now.to_string());
        let mut owner = vec![epoch.clone()];
        owner.extend([args.next(), args.next(), args.next(), args.next()]);
        owner.push(epoch.clone());
        self.owners.insert(key, owner);
        Reply::Array(vec![Reply::Int(1), text(epoch.clone()), text(epoch)])
    }

    fn owner(&self, key: &Text) -> Reply {
        let owner = self.owners.get(key);
        owner.map_or(Reply::Nil, |owner| {
            Reply::Array(owner.iter().cloned().map(text).collect())
        })
    }

    fn names(&mut self, args: Args) -> Reply {
        self.names.extend(args.0);
        Reply::Array(self.names.iter().cloned().map(text).collect())
    }
}

impl Partition {
    fn expire(&mut self, now: u64) {
        self.tickets.retain(|_, (_, ends_at)| *ends_at > now);
        for room in self.rooms.values_mut() {
            room.holds.retain(|_, ends_at| *ends_at > now);
        }
    }

    fn find(&mut self, mut args: Args, now: u64) -> Reply {
        let (filter, order, hold) = (args.next(), args.next(), args.next());
        let hold_ms = args.number();
        let (ticket, ticket_ms) = (args.next(), args.number());
        let excluded: Vec<Text> = args.0.collect();
        let found = self.rooms.iter_mut().filter(|(id, room)| {
            room.is_open
                && room.taken() < room.max
                && room.filter == filter
                && !excluded.contains(id)
        });
        let first = found.min_by_key(|(id, room)| (room.rank(&order), (*id).clone()));
        let answer = |what: &str| vec![text(what), Reply::Int(0)];
        if let Some((_, room)) = first {
            room.holds.insert(hold, now + hold_ms);
            let mut answer = answer("room");
            answer.push(text(room.record.clone()));
            return Reply::Array(answer);
        }
        if ticket.is_empty() {
            return Reply::Array(answer("none"));
        }
        if self.tickets.contains_key(&filter) {
            return Reply::Array(answer("wait"));
        }
        self.tickets.insert(filter, (ticket, now + ticket_ms));
        Reply::Array(answer("create"))
    }

    fn publish(&mut self, mut args: Args) -> Reply {
        let mut words = Vec::new();
        while let Some(what) = args.0.next() {
            match what.as_slice() {
                b"set" => self.set(&mut args),
                _ => {
                    self.rooms.remove(&args.next());
                    args.skip(2);
                }
            }
            words.push(text("ok"));
        }
        Reply::Array(words)
    }

    fn set(&mut self, args: &mut Args) {
        let id = args.next();
        args.skip(1);
        let version = args.number();
        args.skip(1);
        let (clients, max) = (args.number(), args.number());
        let is_open = args.number() == 1;
        let (filter, born, record) = (args.next(), args.next(), args.next());
        let (ticket, ticket_filter) = (args.next(), args.next());
        self.end_ticket(&ticket_filter, &ticket);
        let former = self.rooms.remove(&id);
        let mut holds = former.map(|room| room.holds).unwrap_or_default();
        for _ in 0..args.number() {
            holds.remove(&args.next());
        }
        let values = 0..args.number();
        let values = values.map(|_| (args.next(), args.next())).collect();
        let room = Room {
            version,
            clients,
            max,
            is_open,
            filter,
            born,
            record,
            values,
            holds,
        };
        self.rooms.insert(id, room);
    }

    fn touch(&self, mut args: Args) -> Reply {
        args.skip(1);
        let mut words = Vec::new();
        while let Some(id) = args.0.next() {
            args.skip(1);
            let version = args.number();
            let known = self.rooms.get(&id);
            let is_known = known.is_some_and(|room| room.version == version);
            words.push(text(if is_known { "ok" } else { "again" }));
        }
        Reply::Array(words)
    }

    fn release(&mut self, mut args: Args) -> Reply {
        let id = args.next();
        if let Some(room) = self.rooms.get_mut(&id) {
            room.holds.remove(&args.next());
        }
        Reply::Int(1)
    }

    fn finish(&mut self, mut args: Args) -> Reply {
        let (filter, ticket) = (args.next(), args.next());
        self.end_ticket(&filter, &ticket);
        Reply::Int(1)
    }

    fn end_ticket(&mut self, filter: &Text, ticket: &Text) {
        if self
            .tickets
            .get(filter)
            .is_some_and(|(held, _)| held == ticket)
        {
            self.tickets.remove(filter);
        }
    }

    fn list(&self) -> Reply {
        let records = self.rooms.values().map(|room| text(room.record.clone()));
        Reply::Array([text("")].into_iter().chain(records).collect())
    }

    fn listing(&self, mut args: Args) -> Reply {
        let room = self.rooms.get(&args.next());
        room.map_or(Reply::Nil, |room| text(room.record.clone()))
    }
}

impl Room {
    fn taken(&self) -> u64 {
        self.clients + self.holds.len() as u64
    }

    /// Directions and names as `rank.rs` writes them.
    fn rank(&self, order: &[u8]) -> (Vec<(u8, Text)>, Text) {
        let (mut places, mut rest) = (Vec::new(), order);
        while let [direction, length_and_name @ ..] = rest {
            let colon = length_and_name.iter().position(|byte| *byte == b':');
            let (length, name) = length_and_name.split_at(colon.unwrap());
            let length: usize = std::str::from_utf8(length).unwrap().parse().unwrap();
            let name = &name[1..][..length];
            rest = &length_and_name[colon.unwrap() + 1 + length..];
            let taken = format!("2{:016x}", self.taken()).into_bytes();
            let value = match name {
                b"t" => Some(&taken),
                _ => self.values.get(name),
            };
            places.push(match (value, direction) {
                (None, _) => (1, Text::new()),
                (Some(value), b'a') => (0, value.clone()),
                (Some(value), _) => (0, value.iter().map(|byte| !byte).collect()),
            });
        }
        (places, self.born.clone())
    }
}

struct Args(std::vec::IntoIter<Text>);

impl Args {
    fn next(&mut self) -> Text {
        self.0.next().expect("a script has all its arguments")
    }

    fn number(&mut self) -> u64 {
        std::str::from_utf8(&self.next()).unwrap().parse().unwrap()
    }

    fn skip(&mut self, count: usize) {
        (0..count).for_each(|_| drop(self.next()));
    }

    fn reply(&mut self) -> Reply {
        text(self.next())
    }

    fn last(self) -> Reply {
        text(self.0.last().expect("a script has arguments"))
    }
}

fn text(text: impl Into<Text>) -> Reply {
    Reply::Bytes(text.into())
}
