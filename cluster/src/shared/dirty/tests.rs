//! Rooms that come, change and go, and a store that answers when it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::{Batch, Dirty, Job, Pace};
use crate::record::tests::record;
use crate::shared::call::Change;
use crate::shared::owner::{Epoch, Title};
use crate::shared::reply::{Claimed, Word};
use crate::shared::tests::random::Random;
use crate::{HoldId, RoomRecord};

/// What the store has: the rooms listed with the number of clients and the version of their record,
/// and the rooms owned.
#[derive(Default)]
struct Store {
    listed: BTreeMap<RoomId, (u32, u64)>,
    owned: BTreeMap<RoomId, Epoch>,
    /// Rooms that were owned once, even if that was forgotten.
    met: BTreeSet<RoomId>,
    settled: Vec<HoldId>,
}

struct World {
    random: Random,
    dirty: Dirty,
    now: Timestamp,
    store: Store,
    rooms: BTreeMap<RoomId, RoomRecord>,
    last: u64,
    settled: u128,
    /// Jobs whose answer is still to come.
    under_way: Vec<Job>,
    is_down: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            dirty: Dirty::new(Pace::default()),
            now: Timestamp(0),
            store: Store::default(),
            rooms: BTreeMap::new(),
            last: 0,
            settled: 0,
            under_way: Vec::new(),
            is_down: false,
        }
    }

    /// Rooms of which the store is yet to be told.
    fn with_rooms(rooms: u64) -> Self {
        let mut world = Self::new(0);
        for room in 1..=rooms {
            let record = Arc::new(record(room, 50));
            world.dirty.publish(record, Vec::new(), None);
        }
        world
    }

    fn step(&mut self) {
        match self.random.below(13) {
            0..2 => self.create(),
            2..5 => self.change(),
            5 => self.end(),
            6 => self.is_down = self.random.below(3) == 0,
            7..10 => self.answer_one(),
            10 if self.random.below(4) == 0 => self.forget(),
            _ => {
                let pause = Duration::from_millis(self.random.below(400));
                self.now = self.now.after(pause);
            }
        }
        self.begin();
    }

    fn begin(&mut self) {
        while let Some(job) = self.dirty.poll(self.now) {
            if let Job::Publish(batch) = &job {
                assert!(!batch.changes.is_empty() && batch.changes.len() <= super::BATCH_MAX);
            }
            self.under_way.push(job);
        }
        let publishing = |name: &str| {
            let jobs = self.under_way.iter();
            jobs.filter(|job| match job {
                Job::Publish(batch) => *batch.name == *name,
                Job::Touch(touched, _) => **touched == *name,
                _ => false,
            })
            .count()
        };
        assert!(publishing("arena") <= 1 && publishing("chat") <= 1);
    }

    fn create(&mut self) {
        self.last += 1;
        let mut record = record(self.last, 1_000);
        record.name = ["arena", "chat"][self.random.below(2) as usize].into();
        self.publish(record);
    }

    fn change(&mut self) {
        if let Some(mut record) = self.any_room() {
            record.clients += 1;
            self.publish(record);
        }
    }

    fn publish(&mut self, record: RoomRecord) {
        self.rooms.insert(record.room, record.clone());
        let settles = self.random.below(3) == 0;
        let settled = settles.then(|| {
            self.settled += 1;
            HoldId(self.settled)
        });
        let settled = settled.into_iter().collect();
        self.dirty.publish(Arc::new(record), settled, None);
    }

    fn end(&mut self) {
        if let Some(record) = self.any_room() {
            self.rooms.remove(&record.room);
            self.dirty.withdraw(record.room);
        }
    }

    fn any_room(&mut self) -> Option<RoomRecord> {
        let index = self.random.index(self.rooms.len())?;
        self.rooms.values().nth(index).cloned()
    }

    /// An answer may get lost after the job was done.
    fn answer_one(&mut self) {
        let Some(index) = self.random.index(self.under_way.len()) else {
            return;
        };
        let job = self.under_way.swap_remove(index);
        let is_done = !self.is_down || self.random.below(3) == 0;
        let is_answered = !self.is_down;
        self.answer(job, is_done, is_answered);
    }

    fn answer(&mut self, job: Job, is_done: bool, is_answered: bool) {
        let (now, epoch) = (self.now, Epoch(1));
        match job {
            Job::Claim { room, .. } | Job::Keep { room, .. } => {
                self.store.met.insert(room);
                if is_done {
                    self.store.owned.insert(room, epoch);
                }
                let born_ms = room.0;
                let yes = Claimed::Yes(Title { epoch, born_ms });
                self.dirty.claimed(room, is_answered.then_some(yes), now);
            }
            Job::Drop { room, .. } => {
                if is_done {
                    self.store.owned.remove(&room);
                }
                self.dirty.dropped(room, is_answered, now);
            }
            Job::Publish(batch) => {
                if is_done {
                    batch
                        .changes
                        .iter()
                        .for_each(|change| self.store.take(change));
                }
                let words = vec![Word::Ok; batch.changes.len()];
                self.dirty
                    .published(&batch, is_answered.then_some(words), now);
            }
            Job::Touch(name, touched) => {
                let words = touched.iter().map(|touched| {
                    let listed = self.store.listed.get(&touched.room);
                    if listed.is_some_and(|(_, version)| *version == touched.version) {
                        Word::Ok
                    } else {
                        Word::Again
                    }
                });
                let words = words.collect();
                let words = is_answered.then_some(words);
                self.dirty.touched(&name, &touched, words, now);
            }
            Job::Announce(_) | Job::Finish(_) => {}
        }
    }

    /// The store loses half of what it has, and what is under way had been done before.
    fn forget(&mut self) {
        let random = &mut self.random;
        self.store.listed.retain(|_, _| random.below(2) == 0);
        self.store.owned.retain(|_, _| random.below(2) == 0);
        self.dirty.tell_again();
        for job in std::mem::take(&mut self.under_way) {
            match job {
                // Ends that were lost are up to the store: it forgets rooms that nobody speaks of.
                Job::Drop { .. } => self.answer(job, true, true),
                Job::Publish(ref batch) if has_ends(batch) => self.answer(job, true, true),
                Job::Touch(name, touched) => {
                    let words = vec![Word::Ok; touched.len()];
                    self.dirty.touched(&name, &touched, Some(words), self.now);
                }
                _ => self.answer(job, false, true),
            }
        }
    }

    /// The store answers from now on: soon it knows all.
    fn heal(&mut self, when: &str) {
        self.is_down = false;
        let until = self.now.after(Duration::from_secs(3));
        while self.now < until {
            self.begin();
            while let Some(job) = self.under_way.pop() {
                self.answer(job, true, true);
                self.begin();
            }
            self.now = self.dirty.next_at().min(until).max(self.now);
        }
        assert!(self.dirty.is_told(), "{when}: {:?}", self.dirty);
        let clients = |(room, record): (&RoomId, &RoomRecord)| (*room, record.clients);
        let expected: BTreeMap<RoomId, u32> = self.rooms.iter().map(clients).collect();
        let listed = self.store.listed.iter();
        let listed: BTreeMap<_, _> = listed
            .map(|(room, (clients, _))| (*room, *clients))
            .collect();
        assert_eq!(listed, expected, "{when}");
        assert!(self.store.owned.keys().eq(expected.keys()), "{when}");
    }
}

fn has_ends(batch: &Batch) -> bool {
    let mut changes = batch.changes.iter();
    changes.any(|change| matches!(change, Change::End { .. }))
}

impl Store {
    fn take(&mut self, change: &Change) {
        match change {
            Change::Set(publication) => {
                let room = publication.record.room;
                assert!(self.met.contains(&room), "listed before it is owned");
                let clients = publication.record.clients;
                self.listed.insert(room, (clients, publication.version));
                self.settled.extend(&publication.settled);
            }
            Change::End { room, .. } => {
                self.listed.remove(room);
            }
        }
    }
}

#[test]
fn the_store_is_told_of_everything_in_the_end() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..4 {
            (0..150).for_each(|_| world.step());
            world.heal(&format!("seed {seed}"));
        }
        while let Some(room) = world.any_room() {
            world.rooms.remove(&room.room);
            world.dirty.withdraw(room.room);
        }
        world.heal(&format!("end of seed {seed}"));
        assert!(world.dirty.rooms.is_empty() && world.dirty.partitions.is_empty());
    }
}

/// Answers what is due; how many records were sent.
fn told(world: &mut World) -> usize {
    let mut told = 0;
    while let Some(job) = world.dirty.poll(world.now) {
        if let Job::Publish(batch) = &job {
            told += batch.changes.len();
        }
        world.answer(job, true, true);
    }
    told
}

#[test]
fn a_room_is_told_of_four_times_a_second_unless_it_is_urgent() {
    let mut world = World::new(0);
    let mut room = record(1, 50);
    let publish = |world: &mut World, room: &RoomRecord, settled| {
        world.dirty.publish(Arc::new(room.clone()), settled, None);
        told(world)
    };
    assert_eq!(publish(&mut world, &room, Vec::new()), 1);
    let mut count = 0;
    for _ in 0..100 {
        world.now = world.now.after(Duration::from_millis(10));
        room.clients += 1;
        count += publish(&mut world, &room, Vec::new());
    }
    assert_eq!(count, 4);
    assert_eq!(publish(&mut world, &room, vec![HoldId(7)]), 1);
    assert_eq!(world.store.settled, [HoldId(7)]);
    world.dirty.withdraw(RoomId(1));
    assert_eq!(told(&mut world), 1);
    assert!(world.store.owned.is_empty());
}

#[test]
fn rooms_are_asserted_every_ten_seconds_and_told_again_where_the_store_forgot() {
    let mut world = World::with_rooms(1_200);
    assert_eq!(told(&mut world), 1_200);
    world.store.listed.remove(&RoomId(700));
    let mut touched = 0;
    let start = world.now;
    while world.now < start.after(Duration::from_secs(20)) {
        while let Some(job) = world.dirty.poll(world.now) {
            if let Job::Touch(_, rooms) = &job {
                touched += rooms.len();
            }
            world.answer(job, true, true);
        }
        world.now = world.dirty.next_at();
    }
    assert_eq!(touched, 1_200);
    assert!(world.store.listed.contains_key(&RoomId(700)));
}

#[test]
fn what_the_store_may_have_forgotten_is_told_at_once() {
    let mut world = World::with_rooms(1_200);
    told(&mut world);
    world.store = Store::default();
    assert_eq!(told(&mut world), 0, "nobody knows yet");
    world.dirty.tell_again();
    assert_eq!(told(&mut world), 1_200);
    assert_eq!(world.store.owned.len(), 1_200);
    assert!(world.dirty.next_at() > world.now, "once is enough");
}

#[test]
fn a_room_with_another_owner_is_lost_and_spoken_of_no_more() {
    let mut world = World::new(0);
    world
        .dirty
        .publish(Arc::new(record(1, 50)), Vec::new(), None);
    told(&mut world);
    world
        .dirty
        .publish(Arc::new(record(1, 50)), vec![HoldId(1)], None);
    let Some(Job::Publish(batch)) = world.dirty.poll(world.now) else {
        panic!("a settled hold is urgent");
    };
    world
        .dirty
        .published(&batch, Some(vec![Word::Old]), world.now);
    assert_eq!(world.dirty.take_lost(), [RoomId(1)]);
    world.now = world.now.after(Duration::from_secs(100));
    assert_eq!(told(&mut world), 0);
    assert!(world.dirty.record(RoomId(1)).is_none());
}
