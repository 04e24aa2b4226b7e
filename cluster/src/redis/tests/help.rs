//! What the tests share.

use std::future::Future;
use std::time::Duration;

use downbeat_tests_redis::{Cluster, Login, Options, Sentinel, Server};
use redis::{Cmd, Value};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::copies::COPY_TAGS;
use crate::redis::error::RedisError;
use crate::redis::router::Router;
use crate::redis::settings::{RedisLimits, RedisSettings};
use crate::redis::slot::Slot;

/// Far beyond what anything takes: only a test that has failed waits so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test on a thread of its own kind: one driver thread, as in a node.
pub(super) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    LocalSet::new().block_on(&runtime.unwrap(), test)
}

/// Settings from variables. Nothing fails because this machine is busy: what waits, waits long.
pub(super) fn settings(variables: &[(&str, &str)]) -> RedisSettings {
    let settings = RedisSettings::from_lookup(|name| {
        let found = variables.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    let mut settings = settings.unwrap().unwrap();
    settings.limits = RedisLimits {
        start_timeout_ms: 60_000,
        connect_timeout_ms: 2000,
        command_timeout_ms: 2000,
        ..RedisLimits::default()
    };
    settings
}

/// Gives up soon on who does not answer, as nodes do.
pub(super) fn impatient(mut settings: RedisSettings) -> RedisSettings {
    let RedisLimits {
        connect_timeout_ms,
        command_timeout_ms,
        ..
    } = RedisLimits::default();
    settings.limits.connect_timeout_ms = connect_timeout_ms;
    settings.limits.command_timeout_ms = command_timeout_ms;
    settings
}

/// A key in a third of the slots, but not in that of the lease copy, which has to stay.
pub(super) fn key_on(third: u16, name: &str) -> String {
    let slots = third * 5461 + 100..third * 5461 + 5300;
    let is_copy = |slot| COPY_TAGS.iter().any(|tag| Slot::of(tag.as_bytes()) == slot);
    let mut keys = (0..).map(|number| format!("{{{name}{number}}}"));
    let found = keys.find(|key| {
        let slot = Slot::of(key.as_bytes());
        slots.contains(&slot.0) && !is_copy(slot)
    });
    found.unwrap()
}

pub(super) fn url(server: &Server) -> String {
    format!("redis://{}", server.address())
}

/// Settings for a cluster, told of two of its servers.
pub(super) fn cluster_settings(cluster: &Cluster) -> RedisSettings {
    let [one, other, ..] = cluster.servers() else {
        panic!("a cluster has servers")
    };
    settings(&[("REDIS_URL", &format!("{},{}", url(one), url(other)))])
}

pub(super) fn sentinel_settings(sentinel: &Sentinel) -> RedisSettings {
    let hosts = sentinel.sentinels().iter();
    let hosts: Vec<String> = hosts.map(|server| server.address().to_string()).collect();
    let hosts = serde_json::to_string(&hosts).unwrap();
    settings(&[("REDIS_SENTINEL_HOSTS", &hosts)])
}

/// A Redis whose default user is off, with an admin and one more user.
pub(super) fn with_user(acl_line: &str) -> Options {
    let login = Login {
        user: Some("admin".to_owned()),
        password: "admins".to_owned(),
    };
    Options::new()
        .acl("user default off")
        .acl("user admin on >admins ~* &* +@all")
        .acl(acl_line)
        .login(login)
}

pub(super) fn cmd(words: &[&str]) -> Cmd {
    let mut words = words.iter();
    let mut command = redis::cmd(words.next().unwrap());
    for word in words {
        command.arg(*word);
    }
    command
}

/// Sends a command to the owner of its first key.
pub(super) async fn query(router: &Router, words: &[&str]) -> Result<Value, RedisError> {
    router.query(words[1].as_bytes(), cmd(words)).await
}

/// Waits until a condition holds.
pub(super) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Tries a write until it is done, and says how long that took.
pub(super) async fn until_written(router: &Router, key: &str) -> Duration {
    let start = Instant::now();
    loop {
        match query(router, &["SET", key, "written"]).await {
            Ok(_) => return start.elapsed(),
            Err(error) => assert!(start.elapsed() < PATIENCE, "{key}: {error}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}
