//! Starting a server: everything that can fail fails here, with words.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};

use downbeat_cluster::queue::RulesError;
use downbeat_cluster::{Cluster, ClusterError};
use downbeat_net::socket::{BindError, Listener};
use downbeat_schemas::id::ShardId;

use super::builder::ServerBuilder;
use super::checks::{check_queues, check_recorded};
use super::cluster_config::ClusterConfigError;
use super::definition::RoomDefinition;
use super::membership;
use super::probe::{self, ProbeError};
use super::running::RunningServer;
use crate::clock::Clock;
use crate::entropy;
use crate::link::{Bell, ShardLink};
use crate::mailroom::Doors;
use crate::monitor::{self, Monitor};
use crate::node::Node;
use crate::scribe::Scribe;
use crate::shard::{ShardParts, ShardThread, go_first, run};
use crate::stats::{Board, Clerk, ClerkLink};

/// Connections that may wait in the kernel while a shard is busy.
const BACKLOG: u32 = 4_096;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine does not offer what is needed.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The port is not to be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Two room types have one name.
    #[error("two room types are called `{name}`: give each a name of its own")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The monitor is wanted without what it shows.
    #[error(
        "the monitor shows what metrics measure, and metrics = false: \
         set metrics = true, or leave MONITOR_PASSWORD out"
    )]
    MonitorWithoutMetrics,
    /// A room that is to be recorded is none of this server.
    #[error("there is no room type `{name}` to record: this server has {there}")]
    NoSuchRoom {
        /// What was asked for.
        name: String,
        /// What there is, as a list.
        there: String,
    },
    /// A queue makes matches in rooms that are none of this server.
    #[error(
        "the queue `{queue}` makes matches in `{room}`, which is no room type to play in: this server \
         has {there}"
    )]
    NoMatchRoom {
        /// The queue.
        queue: String,
        /// What its rules name.
        room: String,
        /// What there is, as a list.
        there: String,
    },
    /// The rules of a queue make no sense.
    #[error("the queue `{queue}`: {error}")]
    QueueRules {
        /// The queue.
        queue: String,
        /// What to write.
        error: RulesError,
    },
    /// There is no folder for captures or recordings.
    #[error(
        "captures and recordings cannot be written: {0}; name another folder, or make this one"
    )]
    Scribe(io::Error),
    /// Signals cannot be caught.
    #[error("SIGTERM and SIGINT cannot be caught: {0}")]
    Signals(io::Error),
    /// A shard's thread did not come up.
    #[error("shard {shard} on core {cpu} did not start: {error}")]
    Shard {
        /// Which one.
        shard: ShardId,
        /// The core it was to run on.
        cpu: usize,
        /// What the kernel said.
        error: io::Error,
    },
    /// Shards may not run before everything else.
    #[error(
        "--realtime: the kernel does not let this process use SCHED_FIFO: {error}; give it \
         CAP_SYS_NICE (`setcap cap_sys_nice+ep downbeat`, AmbientCapabilities=CAP_SYS_NICE, \
         --cap-add SYS_NICE) or real-time priorities (RLIMIT_RTPRIO: `ulimit -r 10`, \
         LimitRTPRIO=10, --ulimit rtprio=10), or leave --realtime out"
    )]
    Realtime {
        /// What the kernel said.
        error: io::Error,
    },
    /// Variables say nothing sensible of the cluster.
    #[error(transparent)]
    ClusterConfig(#[from] ClusterConfigError),
    /// The node cannot be one of many.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The thread that adds up figures did not come up.
    #[error("no thread for the figures: {0}")]
    Clerk(io::Error),
}

/// Starts a server. `started` is called when it runs and before the log says so.
pub(super) fn start(
    builder: ServerBuilder,
    started: impl FnOnce(),
) -> Result<RunningServer, StartError> {
    let ServerBuilder {
        settings,
        definitions,
        auth,
        pages,
    } = builder;
    probe::check_kernel()?;
    let cpus = probe::choose_cpus(&settings.cpus)?;
    let definitions = by_name(definitions)?;
    if settings.monitor_password.is_some() && !settings.metrics {
        return Err(StartError::MonitorWithoutMetrics);
    }
    check_recorded(&settings, &definitions)?;
    check_queues(&definitions)?;
    let scribe = Scribe::start(&settings).map_err(StartError::Scribe)?;
    let listeners = listen(settings.listen, cpus.len())?;
    let address = listeners[0].address();
    let monitor = Monitor::new(&settings, address);
    let mut links = Vec::new();
    let mut ends = Vec::new();
    for _ in &cpus {
        let bell = Arc::new(Bell::new().map_err(StartError::Signals)?);
        let (link, queue) = ShardLink::new(Arc::clone(&bell));
        links.push(link);
        ends.push((bell, queue));
    }
    let (clerk, asked) = ClerkLink::new();
    let (id, clock) = (entropy::node_id(), Clock::start());
    let cluster = membership::join(id, clock, address, &settings, cpus.len())?;
    let node = Arc::new(Node {
        id,
        clock,
        definitions,
        auth,
        pages,
        monitor,
        registry: membership::registry(cluster.as_ref(), &settings),
        queues: membership::queues(cluster.as_ref(), &settings),
        presence: membership::presence(cluster.as_ref(), &settings, clock),
        fence: membership::fence(cluster.as_ref(), &settings),
        post: cluster.as_ref().map(Cluster::post),
        cluster,
        board: Board::new(cpus.len()),
        clerk,
        scribe,
        closing: AtomicBool::new(false),
        links,
        settings,
    });
    let parts = ends.into_iter().zip(listeners).zip(0u16..);
    let parts = parts.map(|(((bell, queue), listener), number)| ShardParts {
        id: ShardId(number),
        node: Arc::clone(&node),
        bell,
        queue,
        listener,
    });
    let threads = spawn_all(parts, &cpus)?;
    if let Some(cluster) = &node.cluster {
        cluster.open(Arc::new(Doors(node.links.clone())));
    }
    let clerk = match node.settings.metrics {
        true => Some(Clerk::start(Arc::clone(&node), asked).map_err(StartError::Clerk)?),
        false => None,
    };
    started();
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(%address, ?cpus, process = %node.id, version, "serving");
    Ok(RunningServer {
        node,
        address,
        threads,
        clerk,
    })
}

fn by_name(
    definitions: Vec<RoomDefinition>,
) -> Result<BTreeMap<Arc<str>, Arc<RoomDefinition>>, StartError> {
    let mut named = BTreeMap::new();
    for definition in definitions {
        let name = definition.name();
        let is_own = *name == *monitor::ROOM_NAME;
        if is_own
            || named
                .insert(Arc::clone(&name), Arc::new(definition))
                .is_some()
        {
            let name = name.to_string();
            return Err(StartError::NameTaken { name });
        }
    }
    Ok(named)
}

/// One listening socket for each shard, all on one port.
fn listen(address: SocketAddr, shards: usize) -> Result<Vec<Listener>, BindError> {
    let address = without_ipv6_if_missing(address);
    Listener::check_free(address)?;
    let first = Listener::bind(address, BACKLOG)?;
    let address = first.address();
    let mut listeners = vec![first];
    for _ in 1..shards {
        listeners.push(Listener::bind(address, BACKLOG)?);
    }
    Ok(listeners)
}

/// `[::]` means every address: on a machine without IPv6 those are the ones of IPv4.
fn without_ipv6_if_missing(address: SocketAddr) -> SocketAddr {
    let is_any = address.is_ipv6() && address.ip().is_unspecified();
    let free_port = SocketAddr::new(address.ip(), 0);
    if is_any && Listener::check_free(free_port).is_err() {
        return SocketAddr::from(([0, 0, 0, 0], address.port()));
    }
    address
}

fn spawn_all(
    parts: impl Iterator<Item = ShardParts>,
    cpus: &[usize],
) -> Result<Vec<ShardThread>, StartError> {
    let mut threads = Vec::new();
    for (parts, cpu) in parts.zip(cpus) {
        let (shard, cpu) = (parts.id, *cpu);
        threads.push(spawn(parts, cpu).map_err(|failure| match failure {
            Failure::Realtime(error) => StartError::Realtime { error },
            Failure::Io(error) => StartError::Shard { shard, cpu, error },
        })?);
    }
    Ok(threads)
}

/// Why a shard does not run.
enum Failure {
    Realtime(io::Error),
    Io(io::Error),
}

/// Starts one shard and waits until it runs.
fn spawn(parts: ShardParts, cpu: usize) -> Result<ShardThread, Failure> {
    let (tell, hear) = mpsc::channel();
    let name = format!("shard-{}", parts.id);
    let thread = ShardThread::spawn(&name, cpu, move || async move {
        let started = tell.clone();
        if let Err(failure) = run_shard(parts, move || drop(started.send(Ok(())))).await {
            // Nobody listens any more if the shard had started.
            let _ = tell.send(Err(failure));
        }
    })
    .map_err(Failure::Io)?;
    match hear.recv() {
        Ok(started) => started.map(|()| thread),
        Err(_) => Err(Failure::Io(io::Error::other("its thread ended at once"))),
    }
}

async fn run_shard(parts: ShardParts, started: impl FnOnce()) -> Result<(), Failure> {
    if parts.node.settings.realtime {
        go_first().map_err(Failure::Realtime)?;
    }
    run(parts, started).await.map_err(Failure::Io)
}
