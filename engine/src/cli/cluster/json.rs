//! A look at a cluster as JSON for programs. Times are milliseconds.

use std::time::Duration;

use downbeat_cluster::lease::Standing;
use downbeat_cluster::{ClusterLook, CopyLook, EntryLook, NodeLook, RedisNodeFigures};
use serde_json::{Value, json};

pub(super) fn of(look: &ClusterLook) -> Value {
    json!({
        "problems": look.problems,
        "nodes": look.nodes.iter().map(node).collect::<Vec<_>>(),
        "leases": look.copies.iter().map(copy).collect::<Vec<_>>(),
        "rooms": look.rooms.iter().map(|name| json!({
            "name": name.name,
            "rooms": name.rooms,
            "clients": name.clients,
        })).collect::<Vec<_>>(),
        "redis": look.servers.iter().map(server).collect::<Vec<_>>(),
    })
}

fn node(node: &NodeLook) -> Value {
    json!({
        "node": node.member.node.to_string(),
        "incarnation": node.member.incarnation.0,
        "state": node.state.to_string(),
        "address": node.about.address,
        "publicAddress": node.about.public_address,
        "version": node.about.version,
        "shardCount": node.about.shards,
        "shards": node.shards.iter().map(|shard| json!({
            "shard": shard.location.shard.0,
            "busy": f64::from(shard.load.ticks_ppm) / 1e6,
            "rooms": shard.load.rooms,
        })).collect::<Vec<_>>(),
    })
}

fn copy(copy: &CopyLook) -> Value {
    json!({
        "master": copy.master.as_ref().map(ToString::to_string),
        "entries": copy.entries.iter().flatten().map(entry).collect::<Vec<_>>(),
        "error": copy.entries.as_ref().err(),
    })
}

fn entry(entry: &EntryLook) -> Value {
    let (standing, by) = match entry.standing {
        Standing::Up => ("up", None),
        Standing::Left => ("left", None),
        Standing::Dead(by) => ("dead", Some(by)),
    };
    json!({
        "node": entry.member.node.to_string(),
        "incarnation": entry.member.incarnation.0,
        "standing": standing,
        "by": by.map(|by| by.member.to_string()),
        "endsInMs": entry.left.map(ms),
    })
}

fn server(server: &RedisNodeFigures) -> Value {
    json!({
        "server": server.node.to_string(),
        "connected": server.is_connected,
        "role": if server.is_master { "master" } else { "replica" },
        "usedMemoryBytes": server.used_memory_bytes,
        "maxMemoryBytes": server.max_memory_bytes,
        "clients": server.clients,
        "opsPerSecond": server.ops_per_s,
        "hitRatio": server.hit_ratio(),
        "evictedKeys": server.evicted_keys,
        "roundTripMs": ms(server.round_trip),
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
