//! How long does it take to find a room among thousands?

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, sleep};
use std::time::{Duration, Instant};

use downbeat_benches::table::Table;
use downbeat_cluster::{
    About, Cluster, ClusterSettings, DriverClock, Filter, Found, History, Location, Mode, Query,
    RedisSettings, RoomRecord, SortBy,
};
use downbeat_schemas::id::{Epoch, NodeId, RoomId, ShardId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

const FINDS: usize = 5_000;
const NODE: NodeId = NodeId(0xbeef);

/// Lists so many rooms, then looks for one again and again.
pub(crate) fn find(rooms: u64) -> Result<(Table, Value), Box<dyn Error>> {
    let redis = downbeat_tests_redis::Cluster::start();
    let urls: Vec<String> = redis
        .masters()
        .iter()
        .map(|master| format!("redis://{}", master.address()))
        .collect();
    let settings =
        RedisSettings::from_lookup(|name| (name == "REDIS_URL").then(|| urls.join(",")))?
            .ok_or("no Redis")?;
    let begun = Instant::now();
    let now = move || Timestamp(begun.elapsed().as_nanos() as u64);
    let cluster = Cluster::join(ClusterSettings {
        redis: settings,
        node: NODE,
        about: About::default(),
        limits: Limits::default(),
        clock: DriverClock::new(now),
        lease: None,
        history: History::off(),
        flaw: None,
    })?;
    let registry = cluster.registry();
    for room in 0..rooms {
        registry.publish(record(room), Vec::new(), None);
    }
    while wait_for(registry.list(Some("arena"))).len() < rooms as usize {
        sleep(Duration::from_millis(100));
    }
    let mut took = Histogram::<u64>::new(3)?;
    for _ in 0..FINDS {
        let asked = Instant::now();
        let found = wait_for(registry.find(query(), now()))?;
        took.record(asked.elapsed().as_nanos() as u64)?;
        assert!(matches!(found, Found::Room { .. }), "there are free seats");
    }
    cluster.leave();
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

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
