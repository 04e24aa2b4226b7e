//! One master, two replicas, three sentinels.

use crate::client::Reply;
use crate::options::Options;
use crate::patience::eventually;
use crate::server::Server;

/// The name under which the sentinels watch the master.
pub const MASTER_NAME: &str = "mymaster";

/// The servers and who watches them.
#[derive(Debug)]
pub struct Sentinel {
    servers: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinel {
    /// Starts all, and returns once the sentinels know each other and the replicas.
    ///
    /// # Panics
    /// If they do not, or there is no Redis.
    pub fn start() -> Self {
        Self::start_with(&Options::new())
    }

    /// Starts all; the options are the servers', and the login the sentinels' to them.
    ///
    /// # Panics
    /// If they do not find each other, or there is no Redis.
    pub fn start_with(options: &Options) -> Self {
        let master = Server::start(options, |_| String::new());
        let replica_of = format!("replicaof 127.0.0.1 {}\n", master.port());
        let replicas = [(); 2].map(|()| Server::start(options, |_| replica_of.clone()));
        let mut servers = vec![master];
        servers.extend(replicas);
        for replica in &servers[1..] {
            eventually("a replica follows", || is_following(replica));
        }
        let watch = watch(&servers[0]);
        let plain = Options::new();
        let start = |()| Server::start_program("redis-sentinel", &plain, |_| watch.clone());
        let sentinels = [(); 3].map(start).into();
        let all = Self { servers, sentinels };
        for sentinel in &all.sentinels {
            eventually("a sentinel knows all", || knows_all(sentinel));
        }
        all
    }

    /// The servers: the first was the master at the start.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The sentinels.
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// The master of which most sentinels tell.
    ///
    /// # Panics
    /// If they tell of none.
    pub fn master(&self) -> &Server {
        let mut found = None;
        eventually("the sentinels name a master", || {
            let named: Vec<u16> = self.sentinels.iter().filter_map(named_by).collect();
            let is_most =
                |server: &&Server| named.iter().filter(|port| **port == server.port()).count() >= 2;
            found = self.servers.iter().find(is_most);
            found.is_some()
        });
        found.unwrap()
    }
}

fn watch(master: &Server) -> String {
    let port = master.port();
    let mut text = format!(
        "sentinel monitor {MASTER_NAME} 127.0.0.1 {port} 2\n\
         sentinel down-after-milliseconds {MASTER_NAME} 1000\n\
         sentinel failover-timeout {MASTER_NAME} 5000\n\
         sentinel parallel-syncs {MASTER_NAME} 2\n"
    );
    if let Some(login) = master.login() {
        let user = login.user.as_deref().unwrap_or("default");
        text += &format!("sentinel auth-user {MASTER_NAME} {user}\n");
        text += &format!("sentinel auth-pass {MASTER_NAME} {}\n", login.password);
    }
    text
}

fn is_following(replica: &Server) -> bool {
    replica.info("replication", "master_link_status") == "up"
}

fn knows_all(sentinel: &Server) -> bool {
    let reply = sentinel.command(&["SENTINEL", "MASTER", MASTER_NAME]);
    let fields = reply.array().chunks_exact(2);
    let of = |name: &str| {
        let mut fields = fields.clone();
        let found = fields.find(|field| field[0].text() == name);
        found
            .map(|field| field[1].text().to_owned())
            .unwrap_or_default()
    };
    of("num-other-sentinels") == "2" && of("num-slaves") == "2"
}

fn named_by(sentinel: &Server) -> Option<u16> {
    if !sentinel.is_running() {
        return None;
    }
    let ask = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME];
    match sentinel.try_command(&ask).ok()? {
        Reply::Array(address) => address.get(1)?.text().parse().ok(),
        _ => None,
    }
}
