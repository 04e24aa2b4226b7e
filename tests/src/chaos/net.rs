//! Networks of their own for nodes, so that a node can be cut off from Redis, and a server of Redis
//! from all.
//!
//! A test that wants them runs itself again in a network namespace, the hub: there are Redis, the
//! harness and its clients. Each node has a namespace behind it, tied to the hub's bridge. Nothing in
//! them reaches the machine's own network. Without the right to make namespaces all is on loopback,
//! and nobody is cut off.

use std::env;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use downbeat_tests_redis::Server;

/// Names the hub to the test that runs in it.
const INSIDE: &str = "DOWNBEAT_TEST_HUB";
/// Nodes that may run at once.
pub const CELLS: usize = 3;
/// Where Redis listens in the hub.
const HUB: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// Ports of the servers of `downbeat_tests_redis`; nodes and clients have higher ones.
const REDIS_PORTS: &str = "12000-31999";

/// Where a test runs its nodes.
#[derive(Clone, Debug)]
pub enum Place {
    /// Each in a namespace of its own, whose names begin so.
    Namespaces(String),
    /// Side by side.
    Loopback,
}

/// Where one node runs.
#[derive(Clone, Debug)]
pub struct Cell {
    namespace: Option<String>,
    /// What it listens on.
    pub host: Ipv4Addr,
}

/// Which packets between a node and Redis, or a server of Redis and all others, are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Those in both directions.
    Both,
    /// What it sends.
    Sent,
    /// What it is to receive; a server still hears answers.
    Received,
}

/// Runs a test, named as the test runner names it, in networks of its own if that is possible. Tests
/// of one process take turns: each needs the machine for itself.
///
/// # Panics
/// If the test fails.
pub fn in_networks(test: &str, body: impl FnOnce(Place)) {
    static TURN: Mutex<()> = Mutex::new(());
    if let Ok(hub) = env::var(INSIDE) {
        return body(Place::Namespaces(hub));
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(networks) = Networks::make() else {
        return body(Place::Loopback);
    };
    let mut again = networks.command(&networks.name, env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture", "--include-ignored"]);
    let status = again.env(INSIDE, &networks.name).status().unwrap();
    drop(networks);
    assert!(status.success(), "{test} failed in its networks: see above");
}

impl Place {
    /// Where the servers of Redis are for nodes.
    pub const fn redis_host(&self) -> Ipv4Addr {
        match self {
            Self::Namespaces(_) => HUB,
            Self::Loopback => Ipv4Addr::LOCALHOST,
        }
    }

    /// Whether nodes can be cut off.
    pub const fn can_cut(&self) -> bool {
        matches!(self, Self::Namespaces(_))
    }

    /// Drops packets of a server from now on. It runs as a user of its own.
    ///
    /// # Panics
    /// If that is not possible here.
    pub fn cut_server(&self, server: &Server, cut: Cut) {
        let (port, bus) = (server.port(), server.bus_port());
        let sent = format!("meta skuid {port} drop");
        let received = format!("tcp dport {{ {port}, {bus} }} drop");
        nft(&mut Command::new("nft"), &cut.table(&sent, &received));
    }

    /// Drops none of them any more.
    ///
    /// # Panics
    /// If none were dropped.
    pub fn mend_server(&self) {
        nft(&mut Command::new("nft"), MEND);
    }

    /// Where node number `number` runs.
    pub fn cell(&self, number: usize) -> Cell {
        match self {
            Self::Namespaces(hub) => Cell {
                namespace: Some(node_namespace(hub, number)),
                host: node_address(number),
            },
            Self::Loopback => Cell {
                namespace: None,
                host: Ipv4Addr::LOCALHOST,
            },
        }
    }
}

impl Cell {
    /// A command that runs there.
    pub fn command(&self, program: &str) -> Command {
        match &self.namespace {
            None => Command::new(program),
            Some(namespace) => in_namespace(namespace, program),
        }
    }

    /// Drops packets from now on.
    ///
    /// # Panics
    /// If that is not possible here.
    pub fn cut(&self, cut: Cut) {
        let sent = format!("ip daddr {HUB} tcp dport {REDIS_PORTS} drop");
        let received = format!("ip saddr {HUB} tcp sport {REDIS_PORTS} drop");
        nft(&mut self.command("nft"), &cut.table(&sent, &received));
    }

    /// Drops none any more.
    ///
    /// # Panics
    /// If none were dropped.
    pub fn mend(&self) {
        nft(&mut self.command("nft"), MEND);
    }
}

const MEND: &str = "delete table inet cut";

impl Cut {
    /// Rules that drop what they match, each in its direction.
    fn table(self, sent: &str, received: &str) -> String {
        let (sent, received) = match self {
            Self::Both => (sent, received),
            Self::Sent => (sent, ""),
            Self::Received => ("", received),
        };
        format!(
            "table inet cut {{
                chain sent {{ type filter hook output priority 0; {sent}\n }}
                chain received {{ type filter hook input priority 0; {received}\n }}
            }}"
        )
    }
}

fn nft(nft: &mut Command, rules: &str) {
    assert!(nft.arg(rules).status().unwrap().success(), "nft {rules}");
}

/// Namespaces, deleted when this is dropped.
#[derive(Debug)]
struct Networks {
    name: String,
}

impl Networks {
    /// None if this process may not make them.
    fn make() -> Option<Self> {
        let networks = Self {
            name: format!("downbeat-{}", std::process::id()),
        };
        let nodes = (0..CELLS).flat_map(|number| networks.node_lines(number));
        let made = networks
            .hub_lines()
            .into_iter()
            .chain(nodes)
            .all(|line| ip(&line));
        // Only to see whether packets can be dropped.
        let last = node_namespace(&networks.name, CELLS - 1);
        let can_drop = made && silent(in_namespace(&last, "nft").args(["list", "ruleset"]));
        can_drop.then_some(networks)
    }

    fn hub_lines(&self) -> Vec<String> {
        let hub = &self.name;
        vec![
            format!("netns add {hub}"),
            format!("-n {hub} link set lo up"),
            format!("-n {hub} link add middle type bridge"),
            format!("-n {hub} addr add {HUB}/24 dev middle"),
            format!("-n {hub} link set middle up"),
        ]
    }

    fn node_lines(&self, number: usize) -> Vec<String> {
        let (hub, node) = (&self.name, node_namespace(&self.name, number));
        let (port, address) = (format!("node{number}"), node_address(number));
        vec![
            format!("netns add {node}"),
            format!("-n {node} link set lo up"),
            format!("-n {hub} link add {port} type veth peer name way netns {node}"),
            format!("-n {hub} link set {port} master middle"),
            format!("-n {hub} link set {port} up"),
            format!("-n {node} addr add {address}/24 dev way"),
            format!("-n {node} link set way up"),
        ]
    }

    fn command(&self, namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = in_namespace(namespace, "env");
        command.arg(program.as_ref());
        command
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for number in 0..CELLS {
            ip(&format!("netns del {}", node_namespace(&self.name, number)));
        }
        ip(&format!("netns del {}", self.name));
    }
}

fn node_namespace(hub: &str, number: usize) -> String {
    format!("{hub}-node{number}")
}

fn node_address(number: usize) -> Ipv4Addr {
    let last = u8::try_from(10 + number).expect("few nodes");
    Ipv4Addr::new(10, 77, 0, last)
}

fn in_namespace(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

fn ip(line: &str) -> bool {
    silent(Command::new("ip").args(line.split(' ')))
}

fn silent(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
