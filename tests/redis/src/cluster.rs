//! Three masters with a replica each.

use std::fmt::Write;

use crate::client::Reply;
use crate::migration::Migration;
use crate::options::Options;
use crate::patience::{eventually, holds_in_time};
use crate::server::Server;

/// The masters at the start.
const MASTERS: usize = 3;
/// All servers.
const SERVERS: usize = 2 * MASTERS;
/// What each master has at the start.
const SLOTS: [(u16, u16); MASTERS] = [(0, 5460), (5461, 10_922), (10_923, 16_383)];

/// Six servers. After 1 s without a word a master counts as failed; another takes over about 1.5 s
/// later.
#[derive(Debug)]
pub struct Cluster {
    servers: Vec<Server>,
}

impl Cluster {
    /// Starts it, and returns once it serves all slots and each master has a replica.
    ///
    /// # Panics
    /// If it does not, or there is no Redis.
    pub fn start() -> Self {
        Self::start_with(&Options::new())
    }

    /// Starts it with options, which are each server's.
    ///
    /// # Panics
    /// If it does not form, or there is no Redis.
    pub fn start_with(options: &Options) -> Self {
        let start = || Server::start(options, |ports| cluster_lines(options, ports.bus));
        let servers = std::thread::scope(|scope| {
            let threads = [(); SERVERS].map(|()| scope.spawn(start));
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let cluster = Self { servers };
        cluster.form();
        eventually("the cluster has formed", || cluster.is_whole());
        cluster
    }

    /// All servers: three that were masters at the start, then the replica of each.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Those that are masters now, as each says of itself.
    pub fn masters(&self) -> Vec<&Server> {
        let running = self.servers.iter().filter(|server| server.is_running());
        running.filter(|server| is_master(server)).collect()
    }

    /// Who has a slot: of those that claim it, who has the highest epoch.
    ///
    /// # Panics
    /// If nobody claims it.
    pub fn owner_of(&self, slot: u16) -> &Server {
        let claims = self.servers.iter().filter_map(|server| {
            let epoch = claimed_epoch(&own_line(server)?, slot)?;
            Some((epoch, server))
        });
        let owner = claims.max_by_key(|(epoch, _)| *epoch);
        owner.expect("somebody has the slot").1
    }

    /// Begins to move a slot: its owner answers ASK for keys that it has not, from now on.
    ///
    /// # Panics
    /// If the servers refuse.
    pub fn migrate(&self, slot: u16, to: &Server) -> Migration<'_> {
        let to = self
            .servers
            .iter()
            .find(|server| server.port() == to.port());
        Migration::begin(&self.servers, self.owner_of(slot), to.unwrap(), slot)
    }

    /// Lets all servers run again, and returns whether all is well then: all slots are served, and
    /// each master has a replica. Who was killed comes back as a replica, or empty.
    pub fn heal(&self) -> bool {
        for server in &self.servers {
            if server.is_running() {
                server.resume();
            } else {
                server.restart();
            }
        }
        holds_in_time(|| self.is_whole())
    }

    /// Whether all servers agree, all slots are served and each master has a replica.
    pub fn is_whole(&self) -> bool {
        let views: Vec<Option<View>> = self.servers.iter().map(view).collect();
        let is_well = |view: &Option<View>| {
            view.as_ref().is_some_and(|view| {
                view.is_ok
                    && view.masters.len() == MASTERS
                    && Some(&view.masters) == masters_in(&views)
            })
        };
        views.iter().all(is_well) && self.servers.iter().all(is_replicated)
    }

    fn form(&self) {
        let masters = self.servers[..MASTERS].iter().zip(SLOTS);
        for (server, (first, last)) in masters {
            let (first, last) = (first.to_string(), last.to_string());
            ok(server, &["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
        }
        for (epoch, server) in (1..).zip(&self.servers) {
            let epoch: i32 = epoch;
            ok(server, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch.to_string()]);
        }
        for server in &self.servers[1..] {
            let (port, bus) = (server.port().to_string(), server.bus_port().to_string());
            let meet = ["CLUSTER", "MEET", "127.0.0.1", &port, &bus];
            ok(&self.servers[0], &meet);
        }
        for (master, replica) in self.servers.iter().zip(&self.servers[MASTERS..]) {
            let id = id_of(master);
            eventually("a replica knows its master", || {
                let reply = replica.command(&["CLUSTER", "REPLICATE", &id]);
                reply == Reply::Text(b"OK".to_vec())
            });
        }
    }
}

/// What a server says of the cluster.
struct View {
    is_ok: bool,
    /// The ids of those that have slots.
    masters: Vec<String>,
}

fn view(server: &Server) -> Option<View> {
    let info = server.try_command(&["CLUSTER", "INFO"]).ok()?;
    let nodes = server.try_command(&["CLUSTER", "NODES"]).ok()?;
    let nodes = nodes.text();
    let fields = nodes
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let masters = fields.filter(|fields| fields.len() > 8 && fields[2].contains("master"));
    let mut masters: Vec<String> = masters.map(|fields| fields[0].to_owned()).collect();
    masters.sort();
    Some(View {
        is_ok: info.text().contains("cluster_state:ok") && !nodes.contains("fail"),
        masters,
    })
}

fn masters_in(views: &[Option<View>]) -> Option<&Vec<String>> {
    views.first()?.as_ref().map(|view| &view.masters)
}

fn is_replicated(server: &Server) -> bool {
    let Ok(Reply::Text(info)) = server.try_command(&["INFO", "replication"]) else {
        return false;
    };
    let info = String::from_utf8_lossy(&info);
    let is_master = info.contains("role:master");
    is_master && info.contains("state=online") || info.contains("master_link_status:up")
}

fn cluster_lines(options: &Options, bus: u16) -> String {
    let mut text = "cluster-enabled yes\ncluster-config-file nodes.conf\n".to_owned();
    text.push_str(
        "cluster-node-timeout 1000\ncluster-replica-validity-factor 0\n\
         cluster-require-full-coverage no\n",
    );
    let _ = writeln!(text, "cluster-port {bus}");
    if options.tls.is_some() {
        text.push_str("tls-cluster yes\ntls-replication yes\n");
    }
    text
}

fn is_master(server: &Server) -> bool {
    own_line(server).is_some_and(|line| line.contains("myself,master"))
}

/// What a server says of itself; None if it says nothing.
fn own_line(server: &Server) -> Option<String> {
    if !server.is_running() {
        return None;
    }
    let nodes = server.try_command(&["CLUSTER", "NODES"]).ok()?;
    let mut lines = nodes.text().lines();
    lines
        .find(|line| line.contains("myself"))
        .map(str::to_owned)
}

/// The epoch with which a line claims a slot.
fn claimed_epoch(line: &str, slot: u16) -> Option<u64> {
    let fields: Vec<&str> = line.split(' ').collect();
    let ranges = fields
        .get(8..)?
        .iter()
        .filter(|range| !range.starts_with('['));
    let mut ranges = ranges.map(|range| range.split_once('-').unwrap_or((range, range)));
    let has = ranges
        .any(|(first, last)| (first.parse().unwrap()..=last.parse().unwrap()).contains(&slot));
    has.then(|| fields[6].parse().unwrap())
}

pub(crate) fn id_of(server: &Server) -> String {
    server.command(&["CLUSTER", "MYID"]).text().to_owned()
}

pub(crate) fn ok(server: &Server, words: &[&str]) {
    let reply = server.command(words);
    assert_eq!(reply, Reply::Text(b"OK".to_vec()), "{words:?}");
}
