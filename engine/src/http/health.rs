//! `GET /health`: whether a load balancer may send clients here.

use downbeat_cluster::{Cluster, MemberState};
use downbeat_net::http::Response;
use downbeat_schemas::close::MatchmakeCode;
use downbeat_schemas::time::Timestamp;
use serde_json::{Value, json};

use crate::node::Node;

/// Ready is a node that is not about to end and that may tick its rooms.
pub(super) fn answer(node: &Node) -> Response {
    let now = node.clock.now();
    let unavailable = MatchmakeCode::Unavailable.code();
    let (status, word) = if node.is_closing() {
        (unavailable, "shutting down")
    } else if !node.fence.holds(now) {
        (unavailable, "out of touch with Redis: rooms are frozen")
    } else {
        (200, "ok")
    };
    let mut body = json!({
        "status": word,
        "processId": node.id.to_string(),
        "shards": node.links.len(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    if let Some(cluster) = &node.cluster {
        body["cluster"] = membership(cluster, now);
    }
    Response::json(status, body.to_string())
}

/// The lease is as it is now, the rest up to a second old.
fn membership(cluster: &Cluster, now: Timestamp) -> Value {
    let (fence, status) = (cluster.fence(), cluster.status());
    let nodes = status.members.iter();
    let alive = nodes.filter(|member| member.state == MemberState::Up);
    let connected = status.servers.iter().filter(|server| server.is_connected);
    json!({
        "incarnation": status.lease.incarnation,
        "leaseHeld": fence.holds(now),
        "marginMs": u64::try_from(fence.ends_at().since(now).as_millis()).unwrap_or(u64::MAX),
        "nodesAlive": alive.count(),
        "redisServers": status.servers.len(),
        "redisServersConnected": connected.count(),
    })
}
