//! A server in this process, ended with the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use downbeat::limits::Limits;
use downbeat::rooms::{Arena, Chat, World};
use downbeat::{ClusterConfig, CpuChoice, RoomDefinition, RunningServer, Server, ServerBuilder};
use downbeat_cluster::RedisSettings;

use crate::cluster::TestCluster;
use crate::http::HttpClient;
use crate::metrics::Metrics;
use crate::patience::{eventually, patient_limits};
use crate::rooms::Probe;
use crate::websocket::WebSocket;

/// A server on a free port of loopback. Stopped when dropped: declare it before its clients, so
/// that they are gone by then.
///
/// It may be of many nodes ([`Way::Edge`](crate::way::Way)): then any of them is asked, figures are
/// those of all, and a client's WebSocket goes to one that does not have its room.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    running: Option<RunningServer>,
    /// The other nodes.
    edges: Vec<Self>,
    /// Requests and WebSockets so far: nodes take turns.
    turns: AtomicUsize,
}

impl TestServer {
    /// One shard with all rooms and patient limits.
    pub fn new() -> Self {
        Self::with_limits(|_| {})
    }

    /// One shard with all rooms, and patient limits but for those that are changed.
    pub fn with_limits(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = patient_limits();
        change(&mut limits);
        Self::with(|server| server.limits(limits))
    }

    /// All rooms on so many shards, each of which needs a core of its own.
    pub fn with_shards(shards: usize) -> Self {
        Self::with(|server| server.cpus(CpuChoice::First(shards)))
    }

    /// One shard with all rooms, and what `more` adds.
    ///
    /// # Panics
    /// If the server does not start.
    pub fn with(more: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let server = Server::builder()
            .listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .cpus(CpuChoice::First(1))
            .limits(patient_limits())
            .room::<Arena>("arena")
            .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
            .room::<World>("world")
            .room::<Probe>("probe");
        let running = more(server).start().unwrap();
        Self {
            address: running.address(),
            running: Some(running),
            edges: Vec::new(),
            turns: AtomicUsize::new(0),
        }
    }

    /// One shard with all rooms, as one of the nodes of a Redis: of one server, or of a cluster if
    /// several are named with commas between them.
    ///
    /// # Panics
    /// If the server does not start.
    pub fn with_redis(url: &str) -> Self {
        Self::with(|server| server.cluster(cluster_config(url)))
    }

    /// One server of many nodes.
    pub(crate) fn of(nodes: TestCluster) -> Self {
        let mut nodes = nodes.into_nodes();
        let mut server = nodes.remove(0);
        server.edges = nodes;
        server
    }

    /// Where the next request goes.
    pub fn address(&self) -> SocketAddr {
        self.next_of(&self.nodes().collect::<Vec<_>>()).address
    }

    /// Where the next WebSocket goes, by its path: `/<processId>/…`.
    pub fn socket_address(&self, path: &str) -> SocketAddr {
        let owner = path.split('/').nth(1).unwrap_or_default();
        let nodes = self.nodes();
        let edges: Vec<&Self> = match self.edges.is_empty() {
            true => nodes.collect(),
            false => nodes.filter(|node| node.id() != owner).collect(),
        };
        self.next_of(&edges).address
    }

    /// Opens a WebSocket.
    pub fn open(&self, path: &str) -> WebSocket {
        WebSocket::open(self.socket_address(path), path)
    }

    fn nodes(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.edges)
    }

    fn next_of<'a>(&self, nodes: &[&'a Self]) -> &'a Self {
        nodes[self.turns.fetch_add(1, Ordering::Relaxed) % nodes.len()]
    }

    /// The `processId` of its answers.
    ///
    /// # Panics
    /// If it was stopped.
    pub fn id(&self) -> String {
        self.running.as_ref().unwrap().id().to_string()
    }

    /// The server itself.
    ///
    /// # Panics
    /// If it was stopped.
    pub fn running(&self) -> &RunningServer {
        self.running.as_ref().unwrap()
    }

    /// A connection for HTTP.
    pub fn http(&self) -> HttpClient {
        HttpClient::connect(self.address())
    }

    /// What `/rooms` lists.
    pub fn rooms(&self) -> Vec<serde_json::Value> {
        let rooms = self.http().get("/rooms").json();
        rooms.as_array().unwrap().clone()
    }

    /// What `/rooms` lists of a room; none if it does not.
    pub fn listing(&self, room_id: &str) -> Option<serde_json::Value> {
        let mut rooms = self.rooms().into_iter();
        rooms.find(|room| room["roomId"] == room_id)
    }

    /// Waits until `/rooms` says this of a room.
    pub fn wait_for_listing(
        &self,
        room_id: &str,
        field: &str,
        value: impl Into<serde_json::Value>,
    ) {
        let value = value.into();
        let what = format!("room {room_id} is listed with {field} = {value}");
        eventually(&what, || {
            self.listing(room_id)
                .is_some_and(|room| room[field] == value)
        });
    }

    /// Waits until `/rooms` does not list a room.
    pub fn wait_for_end(&self, room_id: &str) {
        let what = format!("room {room_id} is listed no more");
        eventually(&what, || self.listing(room_id).is_none());
    }

    /// What `/metrics` says; up to a second old.
    pub fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        for node in self.nodes() {
            let answer = HttpClient::connect(node.address).get("/metrics");
            metrics.add(Metrics::parse(&answer.text()).unwrap());
        }
        metrics
    }

    /// Waits until the metrics say this.
    pub fn wait_for_metrics(&self, what: &str, condition: impl Fn(&Metrics) -> bool) {
        eventually(what, || condition(&self.metrics()));
    }

    /// Stops the server now.
    pub fn stop(mut self) {
        self.running.take().unwrap().stop();
    }
}

/// A node of this Redis. Its lease is long where one server has all of it: nothing freezes because
/// this machine stood still for a while.
///
/// # Panics
/// If it is no URL.
pub fn cluster_config(url: &str) -> ClusterConfig {
    let redis = RedisSettings::from_lookup(|name| (name == "REDIS_URL").then(|| url.to_owned()));
    ClusterConfig {
        lease: Some(Duration::from_secs(60)),
        ..ClusterConfig::new(redis.unwrap().unwrap())
    }
}

impl Default for TestServer {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}
