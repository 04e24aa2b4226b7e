//! The figures of Redis, as a node sees it.

use downbeat_cluster::{ClusterStatus, RedisCounts, RedisNodeFigures};

use super::page::Family;
use super::text::{Kind, Text};

const OF_SERVERS: [Family<RedisNodeFigures>; 8] = [
    (
        "downbeat_redis_connected",
        Kind::Gauge,
        "1 while this node has a connection to the server.",
        |server| f64::from(u8::from(server.is_connected)),
    ),
    (
        "downbeat_redis_is_master",
        Kind::Gauge,
        "1 if the server takes writes.",
        |server| f64::from(u8::from(server.is_master)),
    ),
    (
        "downbeat_redis_used_memory_bytes",
        Kind::Gauge,
        "What the server's data and connections take.",
        |server| server.used_memory_bytes as f64,
    ),
    (
        "downbeat_redis_max_memory_bytes",
        Kind::Gauge,
        "What they may take; 0 is no limit.",
        |server| server.max_memory_bytes as f64,
    ),
    (
        "downbeat_redis_clients",
        Kind::Gauge,
        "Connections to the server, of all its users.",
        |server| server.clients as f64,
    ),
    (
        "downbeat_redis_ops_per_second",
        Kind::Gauge,
        "Commands a second, of all its users, as the server measures them.",
        |server| server.ops_per_s as f64,
    ),
    (
        "downbeat_redis_evicted_keys_total",
        Kind::Counter,
        "Keys that the server threw away for want of memory: each may have been a lease or a room.",
        |server| server.evicted_keys as f64,
    ),
    (
        "downbeat_redis_server_round_trip_seconds",
        Kind::Gauge,
        "From this node's last INFO to the server's answer.",
        |server| server.round_trip.as_secs_f64(),
    ),
];

const OF_THE_ROUTER: [Family<RedisCounts>; 8] = [
    (
        "downbeat_redis_connections_total",
        Kind::Counter,
        "Connections that were made.",
        |counts| counts.connected as f64,
    ),
    (
        "downbeat_redis_connection_errors_total",
        Kind::Counter,
        "Connections that broke or could not be made.",
        |counts| counts.node_errors as f64,
    ),
    (
        "downbeat_redis_command_errors_total",
        Kind::Counter,
        "Commands without an answer, or refused.",
        |counts| counts.command_errors as f64,
    ),
    (
        "downbeat_redis_timeouts_total",
        Kind::Counter,
        "Of these, the ones whose answer did not come in time.",
        |counts| counts.timeouts as f64,
    ),
    (
        "downbeat_redis_redirections_total",
        Kind::Counter,
        "Times that a server sent a command on to another.",
        |counts| counts.redirections as f64,
    ),
    (
        "downbeat_redis_topology_changes_total",
        Kind::Counter,
        "Changes of which server owns what.",
        |counts| counts.topology_changes as f64,
    ),
    (
        "downbeat_redis_unheard_total",
        Kind::Counter,
        "Published messages that were dropped because too many waited to be read.",
        |counts| counts.unheard as f64,
    ),
    (
        "downbeat_redis_resubscribed_total",
        Kind::Counter,
        "Subscriptions that were asked for anew.",
        |counts| counts.resubscribed as f64,
    ),
];

pub(super) fn write(text: &mut Text, status: &ClusterStatus) {
    write_round_trips(text, &status.redis);
    for (name, kind, help, value) in OF_THE_ROUTER {
        text.family(name, kind, help);
        text.sample(name, &[], value(&status.redis));
    }
    for (name, kind, help, value) in OF_SERVERS {
        text.family(name, kind, help);
        for server in &status.servers {
            text.sample(name, &[("node", &server.node)], value(server));
        }
    }
    write_hit_ratio(text, status);
}

fn write_round_trips(text: &mut Text, counts: &RedisCounts) {
    let name = "downbeat_redis_round_trip_seconds";
    let help = "From a command to its answer, redirections included.";
    text.family(name, Kind::Histogram, help);
    let trips = &counts.round_trips;
    let rising = trips
        .rising()
        .map(|(bound, below)| (bound.as_secs_f64(), below));
    text.histogram(name, &[], rising, trips.sum().as_secs_f64(), trips.count());
}

/// A server at which nobody has looked for a key has none.
fn write_hit_ratio(text: &mut Text, status: &ClusterStatus) {
    let name = "downbeat_redis_hit_ratio";
    let help = "Lookups of keys that were there, of all lookups since the server's start.";
    text.family(name, Kind::Gauge, help);
    for server in &status.servers {
        if let Some(ratio) = server.hit_ratio() {
            text.sample(name, &[("node", &server.node)], ratio);
        }
    }
}
