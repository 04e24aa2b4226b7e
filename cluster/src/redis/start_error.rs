//! Why a node does not start with a Redis.

/// Why a node does not start with this Redis, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// No server answers.
    #[error(
        "no Redis server can be reached: {servers}. Check that Redis runs, and REDIS_URL (or \
         REDIS_HOST, REDIS_CLUSTER_NODES, REDIS_SENTINEL_HOSTS); rediss:// is for TLS, redis:// \
         for none"
    )]
    Unreachable {
        /// Each, and what happened.
        servers: String,
    },
    /// The files for TLS are of no use.
    #[error("{0}. Check DOWNBEAT_REDIS_TLS_CA, DOWNBEAT_REDIS_TLS_CERT and DOWNBEAT_REDIS_TLS_KEY")]
    Tls(String),
    /// The password is wrong or missing.
    #[error(
        "Redis {server} does not accept the login: {reason}. Check REDIS_PASSWORD, or the user and \
         password in the URL: redis://USER:PASSWORD@HOST:PORT"
    )]
    Login {
        /// Which.
        server: String,
        /// What it says.
        reason: String,
    },
    /// The user may not do what the work needs.
    #[error(
        "Redis {server} does not let its user do the work: {reason}. Give the user these rights: \
         {acl_line}"
    )]
    NotAllowed {
        /// Which.
        server: String,
        /// What it says.
        reason: String,
        /// A line for the ACL file.
        acl_line: &'static str,
    },
    /// There are commands that it does not know.
    #[error("Redis {server} is {found}, and 7.0 is the oldest that will do: upgrade it")]
    TooOld {
        /// Which.
        server: String,
        /// Its version.
        found: String,
    },
    /// It would throw away leases when its memory is full.
    #[error(
        "Redis {server} has maxmemory-policy {policy}: when its memory is full it throws leases \
         and rooms away. Write `maxmemory-policy noeviction` into its redis.conf, and use another \
         Redis as a cache; or set DOWNBEAT_REDIS_ALLOW_EVICTION=1 to accept that rooms are lost"
    )]
    Evicts {
        /// Which.
        server: String,
        /// Its policy.
        policy: String,
    },
    /// With this master two of the three copies would be lost.
    #[error(
        "slots {first} and {second} are both on Redis {server}: with it, two of three lease \
         copies would be lost. Spread the slots evenly over at least three masters, for example \
         with `redis-cli --cluster rebalance {server}`"
    )]
    CopiesTogether {
        /// Which.
        server: String,
        /// The slot of one copy.
        first: u16,
        /// The slot of the other.
        second: u16,
    },
    /// The settings name one server, and it is one of many.
    #[error(
        "Redis {server} is part of a Redis Cluster: write REDIS_CLUSTER_NODES=[\"{server}\"] in \
         place of REDIS_URL or REDIS_HOST"
    )]
    IsCluster {
        /// Which.
        server: String,
    },
    /// The settings say that there is a cluster.
    #[error(
        "Redis {server} is not part of a Redis Cluster: write one URL into REDIS_URL if there is \
         one server, or set cluster-enabled yes in its redis.conf"
    )]
    IsNoCluster {
        /// Which.
        server: String,
    },
    /// The settings name a server that takes no writes.
    #[error(
        "Redis {server} is a replica: name its master, or its sentinels in REDIS_SENTINEL_HOSTS"
    )]
    IsReplica {
        /// Which.
        server: String,
    },
    /// The cluster does not serve a slot.
    #[error(
        "no Redis master owns slot {slot}: check `CLUSTER INFO`, all slots must be assigned and \
         their masters up"
    )]
    NoMaster {
        /// Which.
        slot: u16,
    },
    /// The sentinels watch others.
    #[error("the sentinels know no master named {name}: set REDIS_MASTER_NAME to its name")]
    UnknownMaster {
        /// Which.
        name: String,
    },
    /// Something else.
    #[error("Redis was reached, but: {0}")]
    Failed(String),
}
