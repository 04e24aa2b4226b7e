//! How a server becomes one of many.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use downbeat_cluster::queue::{EmbeddedQueues, Queues};
use downbeat_cluster::{
    About, Cluster, ClusterError, ClusterSettings, DriverClock, Embedded, Fence, Registry,
};
use downbeat_presence::Presence;
use downbeat_schemas::id::NodeId;

use super::cluster_config::{ClusterConfig, OnRedisLoss};
use super::settings::Settings;
use crate::clock::Clock;

/// Joins the cluster, if there is to be one.
///
/// # Errors
/// [`ClusterError`] if that fails.
pub(super) fn join(
    node: NodeId,
    clock: Clock,
    listens: SocketAddr,
    settings: &Settings,
    shards: usize,
) -> Result<Option<Cluster>, ClusterError> {
    let Some(config) = &settings.cluster else {
        return Ok(None);
    };
    if config.on_redis_loss == OnRedisLoss::Continue {
        tracing::warn!(
            "on_redis_loss = continue: while Redis is out of reach, rooms go on. Only one node may \
             use this Redis so"
        );
    }
    let about = About {
        address: node_address(config, listens),
        public_address: settings.public_address.clone(),
        shards: u16::try_from(shards).unwrap_or(u16::MAX),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Cluster::join(ClusterSettings {
        redis: config.redis.clone(),
        node,
        about,
        limits: settings.limits.clone(),
        clock: DriverClock::new(move || clock.now()),
        lease: config.lease,
    })
    .map(Some)
}

/// Where rooms are looked for.
pub(super) fn registry(cluster: Option<&Cluster>, settings: &Settings) -> Arc<dyn Registry> {
    match cluster {
        Some(cluster) => cluster.registry(),
        None => Arc::new(Embedded::new(&settings.limits)),
    }
}

/// Where those wait who want a match.
pub(super) fn queues(cluster: Option<&Cluster>, settings: &Settings) -> Arc<dyn Queues> {
    match cluster {
        Some(cluster) => cluster.queues(),
        None => Arc::new(EmbeddedQueues::new(&settings.limits)),
    }
}

/// What rooms and programs tell each other.
pub(super) fn presence(cluster: Option<&Cluster>, settings: &Settings, clock: Clock) -> Presence {
    match cluster {
        Some(cluster) => cluster.presence(),
        None => Presence::embedded(&settings.limits, move || clock.now()),
    }
}

/// Until when rooms may tick.
pub(super) fn fence(cluster: Option<&Cluster>, settings: &Settings) -> Fence {
    let config = settings.cluster.as_ref();
    let goes_on = config.is_some_and(|config| config.on_redis_loss == OnRedisLoss::Continue);
    match cluster {
        Some(cluster) if !goes_on => cluster.fence(),
        _ => Fence::open(),
    }
}

/// Where other nodes reach this one: what is configured, what it listens on, or the address that it
/// has in the network of Redis.
fn node_address(config: &ClusterConfig, listens: SocketAddr) -> Option<String> {
    if let Some(address) = &config.node_address {
        return Some(address.clone());
    }
    if !listens.ip().is_unspecified() {
        return Some(listens.to_string());
    }
    let ip = ip_towards(&config.redis.first_server())?;
    Some(SocketAddr::new(ip, listens.port()).to_string())
}

/// The address that packets to a server leave from. None are sent.
fn ip_towards(server: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(server).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
