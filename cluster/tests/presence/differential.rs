//! Whatever is done to keys, Redis and the memory of one node answer alike.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_presence::testing::{FakeClock, answer};
use downbeat_presence::{Presence, PresenceError};
use downbeat_schemas::limits::Limits;

use futures_executor::block_on;

use crate::node::Node;
use crate::redis::{Client, Redis, Watch, eventually};

const RUNS: u64 = 30;
const OPERATIONS: usize = 150;
/// Far longer than the test, so that nothing expires by the way.
const LIVES_S: [u64; 3] = [1_000, 2_000, 3_000];

fn limits() -> Limits {
    Limits {
        presence_members_max: 4,
        ..Limits::default()
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }
}

/// One thing that a game does, for both, with what comes of it as text.
#[derive(Clone, Debug)]
struct Deed {
    number: u64,
    key: String,
    name: String,
    value: Vec<u8>,
    by: i64,
    life: Duration,
    is_once: bool,
}

impl Deed {
    fn random(random: &mut Random) -> Self {
        let by = match random.below(20) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => (1 << 53) + 1,
            by => by as i64 - 10,
        };
        let values: [&[u8]; 7] = [
            b"-3",
            b"",
            b"\xff\0",
            b"07",
            b"-0",
            b" 1",
            b"9007199254740993",
        ];
        Self {
            number: random.below(20),
            key: format!("key {}", random.below(4)),
            name: ["", "a", "b}{", "grüße", "\0", "f"][random.below(6) as usize].to_owned(),
            value: values[random.below(7) as usize].to_vec(),
            by,
            life: Duration::from_secs(LIVES_S[random.below(3) as usize]),
            is_once: random.below(3) == 0,
        }
    }

    /// Whether it makes a key or lets it live on.
    const fn writes(&self) -> bool {
        self.number < 10
    }

    async fn run(&self, presence: &Presence) -> Result<String, PresenceError> {
        let (key, name, life) = (&self.key, &self.name, self.life);
        let (set, hash, counter) = match self.is_once {
            true => (
                presence.set(key).living_once(life),
                presence.hash(key).living_once(life),
                presence.counter(key).living_once(life),
            ),
            false => (
                presence.set(key).living(life),
                presence.hash(key).living(life),
                presence.counter(key).living(life),
            ),
        };
        Ok(match self.number {
            0..=2 => format!("{}", set.add(name).await?),
            3..=5 => format!("{}", hash.set(name, &self.value).await?),
            6 | 7 => format!("{}", hash.increment(name, self.by).await?),
            8 | 9 => format!("{}", counter.add(self.by).await?),
            10 => format!("{}", set.remove(name).await?),
            11 => format!("{}", set.contains(name).await?),
            12 => format!("{:?}", set.members().await?),
            13 => format!("{}", set.len().await?),
            14 => format!("{}", hash.remove(name).await?),
            15 => format!("{:?}", hash.field(name).await?),
            16 => format!("{:?}", hash.all().await?),
            17 => format!("{}", counter.value().await?),
            18 => format!("{}", presence.expire(key, life).await?),
            _ => format!("{}", presence.remove(key).await?),
        })
    }
}

#[test]
fn answers_and_lives_are_alike() {
    let redis = Redis::start();
    let node = Node::start(&redis, &limits());
    let mut client = Client::of(&redis);
    let mut refused = BTreeMap::<String, u32>::new();
    let watch = Watch::start();
    for seed in 0..RUNS {
        let mut random = Random(seed);
        let clock = FakeClock::default();
        let memory = Presence::embedded(&limits(), move || clock.now());
        // When each key of Redis is to expire, on the watch: not before, not after.
        let mut ends = BTreeMap::<String, (u64, u64)>::new();
        for step in 0..OPERATIONS {
            let deed = Deed::random(&mut random);
            let redis_key = format!("test:{{p:{}}}", deed.key);
            let was_there = client.number(&["EXISTS", &redis_key]) == 1;
            let before = watch.ms();
            let found = block_on(deed.run(&node.presence));
            let after = watch.ms();
            let expected = answer(deed.run(&memory));
            assert_eq!(found, expected, "seed {seed}, step {step}: {deed:?}");
            let is_written = deed.writes() && found.is_ok() && (!deed.is_once || !was_there);
            if is_written || deed.number == 18 {
                let life_ms = deed.life.as_millis() as u64;
                ends.insert(deed.key.clone(), (before + life_ms, after + life_ms));
            }
            let left = client.number(&["PTTL", &redis_key]);
            assert_ne!(left, -1, "each key expires");
            if left > 0 {
                let (earliest, latest) = ends[&deed.key];
                // Redis and the watch round for themselves.
                let asked = watch.ms();
                assert!(
                    left as u64 + after <= latest + 2,
                    "{deed:?}: {left} ms left"
                );
                assert!(
                    left as u64 + asked + 2 >= earliest,
                    "{deed:?}: {left} ms left"
                );
            }
            if let Err(error) = found {
                *refused.entry(error.to_string()).or_default() += 1;
            }
        }
        for key in client.keys() {
            client.command(&[b"DEL", &key]).unwrap();
        }
    }
    assert_eq!(refused.len(), 5, "each refusal comes: {refused:#?}");
}

#[test]
fn keys_of_redis_expire() {
    let redis = Redis::start();
    let node = Node::start(&redis, &limits());
    let counter = node.presence.counter("soon");
    let counter = counter.living(Duration::from_millis(50));
    block_on(counter.increment(1)).unwrap();
    let mut client = Client::of(&redis);
    eventually("the key is gone", || client.keys().is_empty());
    assert_eq!(block_on(counter.value()), Ok(0));
}

#[test]
fn nodes_count_together() {
    let redis = Redis::start();
    let nodes = [0; 3].map(|_| Node::start(&redis, &limits()));
    let counting = nodes.each_ref().map(|node| {
        let counter = node.presence.counter("wins");
        std::thread::spawn(move || {
            for _ in 0..200 {
                block_on(counter.increment(1)).unwrap();
            }
        })
    });
    for thread in counting {
        thread.join().unwrap();
    }
    for node in &nodes {
        assert_eq!(block_on(node.presence.counter("wins").value()), Ok(600));
    }
}
