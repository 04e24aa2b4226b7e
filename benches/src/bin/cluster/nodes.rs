//! Three nodes and their Redis Cluster.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use downbeat_benches::http::{Request, fetch};
use downbeat_benches::metrics::Metrics;
use downbeat_tests_redis::Cluster;

const UP_MAX: Duration = Duration::from_secs(20);

/// What REDIS_URL is for a cluster.
pub(crate) fn redis_url(redis: &Cluster) -> String {
    let masters = redis.masters();
    let urls = masters
        .iter()
        .map(|master| format!("redis://{}", master.address()));
    urls.collect::<Vec<_>>().join(",")
}

/// Nodes that play with each other; dropped, they end, and Redis after them.
pub(crate) struct Nodes {
    pub(crate) downbeat: PathBuf,
    pub(crate) nodes: Vec<Node>,
    pub(crate) redis: Cluster,
}

/// One of them.
pub(crate) struct Node {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Its `processId`.
    pub(crate) id: String,
}

impl Nodes {
    pub(crate) fn start(
        downbeat: &Path,
        count: usize,
        options: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let redis = Cluster::start();
        let urls = redis_url(&redis);
        let nodes = (0..count).map(|number| Node::start(downbeat, number, &urls, options));
        Ok(Self {
            downbeat: downbeat.to_owned(),
            nodes: nodes.collect::<Result<_, _>>()?,
            redis,
        })
    }

    /// A metric, added up over all nodes.
    pub(crate) fn sum(&self, metric: &str) -> Result<f64, Box<dyn Error>> {
        let mut sum = 0.0;
        for node in &self.nodes {
            let page = fetch(node.address, "/metrics", Request::Get)?;
            sum += Metrics::parse(&page)?.sum(metric);
        }
        Ok(sum)
    }
}

impl Node {
    fn start(
        downbeat: &Path,
        number: usize,
        urls: &str,
        options: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let cores = std::thread::available_parallelism()?.get();
        let mut command = Command::new(downbeat);
        command
            .args(["serve", "--log", "warn"])
            .args(["--listen", &address.to_string()])
            .args(["--cpus", &(number % cores).to_string()])
            .args(options)
            .env("REDIS_URL", urls)
            .stdin(Stdio::null());
        let child = command.spawn()?;
        let mut node = Self {
            child,
            address,
            id: String::new(),
        };
        node.id = node.wait_until_up()?;
        Ok(node)
    }

    fn wait_until_up(&mut self) -> Result<String, Box<dyn Error>> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("a node ended before it served: {status}").into());
            }
            match fetch(self.address, "/health", Request::Get) {
                Ok(health) => {
                    let health: serde_json::Value = serde_json::from_str(&health)?;
                    return Ok(health["processId"].as_str().unwrap_or_default().to_owned());
                }
                Err(error) if begun.elapsed() > UP_MAX => return Err(error.into()),
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
