//! How long does it take to find a room among thousands, and what is left of rooms that have ended?

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use downbeat_benches::table::Table;
use downbeat_cluster::{
    About, Cluster, ClusterSettings, DriverClock, Filter, Found, History, Location, Mode, Query,
    RedisSettings, Registry, RoomRecord, SortBy,
};
use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use futures_executor::block_on;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::nodes::redis_url;

const FINDS: usize = 5_000;
/// Rooms that are there at once while they come and go.
const AT_ONCE: u64 = 1_000;
/// Far longer than it takes to list all rooms.
const LISTED_MAX: Duration = Duration::from_secs(120);
const NODE: NodeId = NodeId(0xbeef);

/// A node that only lists rooms, and its Redis.
struct Lister {
    redis: downbeat_tests_redis::Cluster,
    cluster: Cluster,
    registry: Arc<dyn Registry>,
    begun: Instant,
}

impl Lister {
    fn start() -> Result<Self, Box<dyn Error>> {
        let redis = downbeat_tests_redis::Cluster::start();
        let settings =
            RedisSettings::from_lookup(|name| (name == "REDIS_URL").then(|| redis_url(&redis)))?
                .ok_or("no Redis")?;
        let begun = Instant::now();
        let cluster = Cluster::join(ClusterSettings {
            redis: settings,
            node: NODE,
            about: About::default(),
            limits: Limits::default(),
            clock: DriverClock::new(move || Timestamp(begun.elapsed().as_nanos() as u64)),
            lease: None,
            history: History::off(),
            flaw: None,
        })?;
        let registry = cluster.registry();
        Ok(Self {
            redis,
            cluster,
            registry,
            begun,
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.begun.elapsed().as_nanos() as u64)
    }

    fn publish(&self, rooms: Range<u64>) {
        for room in rooms {
            self.registry.publish(record(room), Vec::new(), None);
        }
    }

    fn wait_until_listed(&self, rooms: usize) {
        let begun = Instant::now();
        while block_on(self.registry.list(Some("arena"))).len() != rooms {
            assert!(begun.elapsed() < LISTED_MAX, "{rooms} rooms are not listed");
            sleep(Duration::from_millis(100));
        }
    }

    /// Keys, and bytes in use, of all masters.
    fn size(&self) -> (i64, f64) {
        let masters = self.redis.masters();
        let keys = masters
            .iter()
            .map(|master| master.command(&["DBSIZE"]).int());
        let bytes = masters.iter().map(|master| {
            let used = master.info("memory", "used_memory");
            used.parse::<f64>().unwrap_or(f64::NAN)
        });
        (keys.sum(), bytes.sum())
    }
}

/// Lists so many rooms, then looks for one again and again.
pub(crate) fn find(rooms: u64) -> Result<(Table, Value), Box<dyn Error>> {
    let lister = Lister::start()?;
    lister.publish(0..rooms);
    lister.wait_until_listed(rooms as usize);
    let mut took = Histogram::<u64>::new(3)?;
    for _ in 0..FINDS {
        let asked = Instant::now();
        let found = block_on(lister.registry.find(query(), lister.now()))?;
        took.record(asked.elapsed().as_nanos() as u64)?;
        assert!(matches!(found, Found::Room { .. }), "there are free seats");
    }
    lister.cluster.leave();
    let us = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
    let mut table = Table::new(
        format!("To find and hold a seat among {rooms} rooms, µs"),
        ["finds", "p50", "p99", "p99.9", "max"],
    );
    let max = took.max() as f64 / 1_000.0;
    table.row(
        [FINDS.to_string()]
            .into_iter()
            .chain([us(0.5), us(0.99), us(0.999), max].map(|us| format!("{us:.0}"))),
    );
    let figures = json!({
        "rooms": rooms, "finds": FINDS,
        "p50_us": us(0.5), "p99_us": us(0.99), "p999_us": us(0.999), "max_us": max,
    });
    Ok((table, figures))
}

/// Has so many rooms come and go, some at a time; what is left of them in Redis?
pub(crate) fn come_and_go(rooms: u64) -> Result<(Table, Value), Box<dyn Error>> {
    let lister = Lister::start()?;
    // Once all scripts are known and all membership is written.
    pass(&lister, 0..AT_ONCE);
    let (keys_before, bytes_before) = lister.size();
    let (mut keys_most, mut bytes_most) = (0, 0.0_f64);
    for first in (0..rooms).step_by(AT_ONCE as usize) {
        let some = first..(first + AT_ONCE).min(rooms);
        let (keys, bytes) = pass(&lister, some);
        (keys_most, bytes_most) = (keys_most.max(keys), bytes_most.max(bytes));
    }
    // The record of who owned a room goes a moment after its listing.
    sleep(Duration::from_secs(1));
    let (keys_after, bytes_after) = lister.size();
    lister.cluster.leave();
    let mib = |bytes: f64| format!("{:.1}", bytes / f64::from(1 << 20));
    let mut table = Table::new(
        format!("What {rooms} rooms leave in Redis, {AT_ONCE} at a time"),
        ["when", "keys", "MiB in use"],
    );
    table.row(["before".into(), keys_before.to_string(), mib(bytes_before)]);
    table.row(["at most".into(), keys_most.to_string(), mib(bytes_most)]);
    table.row(["after".into(), keys_after.to_string(), mib(bytes_after)]);
    let figures = json!({
        "rooms": rooms,
        "keys_before": keys_before, "keys_most": keys_most, "keys_after": keys_after,
        "bytes_before": bytes_before, "bytes_most": bytes_most, "bytes_after": bytes_after,
    });
    Ok((table, figures))
}

/// Rooms that begin and, once all are listed, end. The size of Redis in between.
fn pass(lister: &Lister, rooms: Range<u64>) -> (i64, f64) {
    let count = (rooms.end - rooms.start) as usize;
    lister.publish(rooms.clone());
    lister.wait_until_listed(count);
    let size = lister.size();
    for room in rooms {
        lister.registry.withdraw(RoomId(room));
    }
    lister.wait_until_listed(0);
    size
}

fn query() -> Query {
    Query {
        name: "arena".into(),
        filter: Filter::default(),
        sort_by: SortBy::default(),
        exclude: Vec::new(),
        mode: Mode::Join,
    }
}

fn record(room: u64) -> RoomRecord {
    RoomRecord {
        room: RoomId(room),
        name: "arena".into(),
        location: Location {
            node: NODE,
            shard: ShardId(0),
        },
        epoch: Epoch::FIRST,
        clients: 0,
        clients_max: 50,
        locked: false,
        private: false,
        metadata: json!({ "map": "dust" }),
        filter: Filter::default(),
        created_at: Timestamp(room),
        public_address: None,
    }
}
