//! Looking at real Redis servers, with nodes and without.

#![allow(
    clippy::disallowed_methods,
    reason = "a node has a clock, and a test its patience"
)]

use std::time::{Duration, Instant};

use downbeat_schemas::id::NodeId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use downbeat_tests_redis::{Cluster as Servers, Options, Server, Standalone};

use super::{ClusterLook, LookError, NameLook, NodeState, look};
use crate::record::tests::record;
use crate::redis::StartError;
use crate::{About, Cluster, ClusterSettings, DriverClock, Location, RedisSettings};

/// Far beyond what anything takes: only a test that has failed waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(url: &str) -> RedisSettings {
    let found = RedisSettings::from_lookup(|name| (name == "REDIS_URL").then(|| url.to_owned()));
    found.unwrap().unwrap()
}

fn url(server: &Server) -> String {
    format!("redis://{}", server.address())
}

fn url_of(servers: &Servers) -> String {
    let urls: Vec<String> = servers.servers().iter().map(url).collect();
    urls.join(",")
}

/// A node with a room of three clients and an empty one.
fn node(url: &str, id: u64) -> Cluster {
    let begun = Instant::now();
    let cluster = Cluster::join(ClusterSettings {
        redis: settings(url),
        node: NodeId(id),
        about: About {
            address: None,
            public_address: None,
            shards: 2,
            version: "1.2.3".to_owned(),
        },
        limits: Limits::default(),
        clock: DriverClock::new(move || Timestamp(1).after(begun.elapsed())),
        lease: Some(Duration::from_secs(60)),
        history: crate::History::off(),
        flaw: None,
    });
    let cluster = cluster.unwrap();
    let registry = cluster.registry();
    for (room, clients) in [(10 * id, 3), (10 * id + 1, 0)] {
        let mut record = record(room, 50);
        record.location = Location {
            node: NodeId(id),
            ..record.location
        };
        record.clients = clients;
        registry.publish(record, Vec::new(), None);
    }
    cluster
}

/// Looks until a look shows this; what goes to Redis goes a little later.
fn until(url: &str, what: &str, shows: impl Fn(&ClusterLook) -> bool) -> ClusterLook {
    let begun = Instant::now();
    loop {
        let seen = look(settings(url)).unwrap();
        if shows(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {seen:?}");
    }
}

fn keys(server: &Server) -> i64 {
    server.command(&["DBSIZE"]).int()
}

#[test]
fn an_empty_redis_is_looked_at_and_stays_empty() {
    let redis = Standalone::start();
    let seen = look(settings(&url(&redis))).unwrap();
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    assert!(seen.nodes.is_empty() && seen.rooms.is_empty());
    assert_eq!(seen.copies[0].entries, Ok(Vec::new()));
    let [server] = &seen.servers[..] else {
        panic!("{:?}", seen.servers);
    };
    assert!(server.is_connected && server.is_master && server.used_memory_bytes > 0);
    assert_eq!(keys(&redis), 0);
}

#[test]
fn nodes_are_seen_while_they_live_and_when_they_have_left() {
    let redis = Standalone::start();
    let url = url(&redis);
    let nodes = [node(&url, 1), node(&url, 2)];
    let rooms = [NameLook {
        name: record(1, 1).name.to_string(),
        rooms: 4,
        clients: 6,
    }];
    let seen = until(&url, "the rooms are there", |seen| seen.rooms == rooms);
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    assert_eq!(seen.nodes.len(), 2);
    for (node, id) in seen.nodes.iter().zip(1..) {
        assert_eq!((node.member.node, node.state), (NodeId(id), NodeState::Up));
        assert_eq!((node.about.shards, &*node.about.version), (2, "1.2.3"));
    }
    let entries = seen.copies[0].entries.as_ref().unwrap();
    assert!(entries.iter().all(|entry| entry.left.is_some()));
    nodes.iter().for_each(Cluster::leave);
    let seen = until(&url, "both have left", |seen| {
        let mut nodes = seen.nodes.iter();
        nodes.all(|node| node.state != NodeState::Up)
    });
    assert_eq!(
        seen.copies[0].entries.as_ref().unwrap().len(),
        seen.nodes.len()
    );
}

#[test]
fn a_cluster_is_seen_with_a_master_down_and_it_is_said_what_cannot_be_read() {
    let servers = Servers::start();
    let url = url_of(&servers);
    let node = node(&url, 7);
    let seen = until(&url, "the rooms are there", |seen| !seen.rooms.is_empty());
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    assert_eq!((seen.copies.len(), seen.servers.len()), (3, 6));
    assert_eq!(seen.nodes[0].state, NodeState::Up);
    let masters: std::collections::BTreeSet<_> =
        seen.copies.iter().map(|copy| &copy.master).collect();
    assert_eq!(masters.len(), 3, "{masters:?}");
    // A look right after the death of a master, before its replica has taken over, or after.
    servers.servers()[0].kill();
    let seen = look(settings(&url)).unwrap();
    let port = servers.servers()[0].port();
    let dead = seen.servers.iter().find(|server| server.node.port == port);
    assert!(dead.is_none_or(|server| !server.is_connected), "{dead:?}");
    let read = seen.copies.iter().filter(|copy| copy.entries.is_ok());
    assert!(read.count() >= 2, "{:?}", seen.copies);
    node.leave();
}

#[test]
fn what_a_node_would_be_refused_for_is_a_problem_and_seen() {
    let options = Options::new().line("maxmemory-policy allkeys-lru");
    let redis = Standalone::start_with(&options);
    let seen = look(settings(&url(&redis))).unwrap();
    let [problem] = &seen.problems[..] else {
        panic!("{:?}", seen.problems);
    };
    assert!(problem.contains("noeviction"), "{problem}");
    assert_eq!(seen.servers.len(), 1);
}

#[test]
fn what_is_not_there_or_another_is_an_error_that_says_what_to_do() {
    let redis = Standalone::start();
    let error = look(settings(&format!("{},", url(&redis)))).unwrap_err();
    assert!(
        matches!(error, LookError::Redis(StartError::IsNoCluster { .. })),
        "{error}"
    );
    redis.kill();
    let mut settings = settings(&url(&redis));
    settings.limits.start_timeout_ms = 10;
    let error = look(settings).unwrap_err();
    assert!(
        matches!(error, LookError::Redis(StartError::Unreachable { .. })),
        "{error}"
    );
}
