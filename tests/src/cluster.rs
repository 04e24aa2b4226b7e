//! Many servers in this process that are one, through a real Redis Cluster.

use std::sync::atomic::{AtomicU32, Ordering};

use downbeat::{ClusterConfig, CpuChoice, RedisSettings, ServerBuilder};
use downbeat_tests_redis::Cluster as RedisCluster;

use crate::server::TestServer;

/// Nodes have one shard each, on these cores in turn.
const CORES: usize = 2;

/// Nodes of one cluster. They share nothing with those of other tests: their keys begin otherwise.
///
/// The Redis Cluster is the test's: declare it first, so that it is there until the nodes have ended.
///
/// ```no_run
/// use downbeat_tests::cluster::TestCluster;
///
/// let redis = downbeat_tests_redis::shared::together();
/// let cluster = TestCluster::start(&redis, 3);
/// let rooms = cluster.node(1).rooms();
/// ```
#[derive(Debug)]
pub struct TestCluster {
    nodes: Vec<TestServer>,
    prefix: String,
}

impl TestCluster {
    /// Starts so many nodes with all rooms and patient limits.
    ///
    /// # Panics
    /// If one of them does not start.
    pub fn start(redis: &RedisCluster, nodes: usize) -> Self {
        Self::start_with(redis, nodes, |server| server)
    }

    /// Starts nodes to which `more` adds something.
    ///
    /// # Panics
    /// If one of them does not start.
    pub fn start_with(
        redis: &RedisCluster,
        nodes: usize,
        more: impl Fn(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let config = config(redis);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nodes = (0..nodes).map(|number| {
            TestServer::with(|server| {
                let core = number % CORES.min(cores);
                let server = server.cpus(CpuChoice::List(vec![core]));
                more(server).cluster(config.clone())
            })
        });
        Self {
            nodes: nodes.collect(),
            prefix: config.redis.prefix().to_owned(),
        }
    }

    /// One of the nodes.
    pub fn node(&self, number: usize) -> &TestServer {
        &self.nodes[number]
    }

    /// All nodes that run.
    pub fn nodes(&self) -> &[TestServer] {
        &self.nodes
    }

    /// The node of this id.
    ///
    /// # Panics
    /// If it is none of them.
    pub fn node_of(&self, process_id: &str) -> &TestServer {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| node.id() == process_id).unwrap()
    }

    /// The nodes of all other ids.
    pub fn others(&self, process_id: &str) -> Vec<&TestServer> {
        let nodes = self.nodes.iter();
        nodes.filter(|node| node.id() != process_id).collect()
    }

    /// What all its keys and channels begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Takes a node out, to be stopped by whoever has it.
    ///
    /// # Panics
    /// If it is none of them.
    pub fn take(&mut self, process_id: &str) -> TestServer {
        let place = self.nodes.iter().position(|node| node.id() == process_id);
        self.nodes.remove(place.unwrap())
    }

    /// The nodes, for somebody who keeps them.
    pub(crate) fn into_nodes(self) -> Vec<TestServer> {
        self.nodes
    }
}

/// What lets a node join a cluster of its own on a Redis that others use too.
///
/// # Panics
/// If it names no Redis.
pub fn config(redis: &RedisCluster) -> ClusterConfig {
    let variables = variables(redis);
    let settings = RedisSettings::from_lookup(|name| {
        let mut variables = variables.iter();
        let found = variables.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    });
    ClusterConfig::new(settings.unwrap().unwrap())
}

/// The same as an operator says it to a process.
pub fn variables(redis: &RedisCluster) -> [(&'static str, String); 2] {
    static CLUSTERS: AtomicU32 = AtomicU32::new(0);
    let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
    let servers = redis.servers().iter();
    let urls: Vec<String> = servers
        .map(|server| format!("redis://{}", server.address()))
        .collect();
    [
        ("REDIS_URL", urls.join(",")),
        ("DOWNBEAT_REDIS_PREFIX", format!("test{number}")),
    ]
}
