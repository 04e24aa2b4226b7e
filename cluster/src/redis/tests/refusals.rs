//! What a node refuses to start with, and what it says.

use downbeat_tests_redis::{Cluster, Options, Sentinel, Standalone, shared};
use redis::Value;

use super::help::{cluster_settings, query, run, sentinel_settings, settings, url, with_user};
use crate::redis::acl::ACL_LINE;
use crate::redis::info::Info;
use crate::redis::probe::check_info;
use crate::redis::router::Router;
use crate::redis::settings::RedisSettings;
use crate::redis::start_error::StartError;

fn refusal(settings: RedisSettings) -> StartError {
    let connected = run(Router::connect(settings));
    connected.map(|_| ()).expect_err("it is refused")
}

/// The message has these words.
fn says(error: &StartError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn nobody_there() {
    let redis = Standalone::start();
    redis.kill();
    let mut settings = settings(&[("REDIS_URL", &url(&redis))]);
    settings.limits.start_timeout_ms = 200;
    let error = refusal(settings);
    assert!(matches!(error, StartError::Unreachable { .. }), "{error}");
    says(&error, &["REDIS_URL", &redis.port().to_string()]);
}

#[test]
fn nobody_answers() {
    let redis = Standalone::start();
    redis.pause();
    let mut settings = settings(&[("REDIS_URL", &url(&redis))]);
    settings.limits.start_timeout_ms = 200;
    settings.limits.connect_timeout_ms = 100;
    let error = refusal(settings);
    assert!(matches!(error, StartError::Unreachable { .. }), "{error}");
}

#[test]
fn wrong_and_missing_passwords() {
    let redis = Standalone::start_with(&Options::new().password("hunter2"));
    let with_password = |password| {
        let url = url(&redis);
        settings(&[("REDIS_URL", url.as_str()), ("REDIS_PASSWORD", password)])
    };
    for settings in [
        with_password("hunter22"),
        settings(&[("REDIS_URL", &url(&redis))]),
    ] {
        let error = refusal(settings);
        assert!(matches!(error, StartError::Login { .. }), "{error}");
        says(&error, &["REDIS_PASSWORD"]);
    }
    run(async {
        let router = Router::connect(with_password("hunter2")).await.unwrap();
        assert_eq!(query(&router, &["SET", "a", "1"]).await, Ok(Value::Okay));
    });
}

#[test]
fn a_user_without_rights() {
    for line in [
        "user weak on >pw ~downbeat:* &downbeat:* +@all -info",
        "user weak on >pw ~downbeat:* &downbeat:* +@all -evalsha",
        "user weak on >pw ~downbeat:* &downbeat:* +@all -exists",
        "user weak on >pw ~downbeat:* &downbeat:* +@all -spublish",
        "user weak on >pw ~other:* &downbeat:* +@all",
        "user weak on >pw ~downbeat:* &other:* +@all",
    ] {
        let redis = Standalone::start_with(&with_user(line));
        let url = format!("redis://weak:pw@{}", redis.address());
        let error = refusal(settings(&[("REDIS_URL", &url)]));
        assert!(
            matches!(error, StartError::NotAllowed { .. }),
            "{line}: {error}"
        );
        says(&error, &[ACL_LINE]);
    }
}

#[test]
fn eviction() {
    for policy in ["allkeys-lru", "volatile-lru", "volatile-ttl"] {
        let options = Options::new().line(&format!("maxmemory-policy {policy}"));
        let redis = Standalone::start_with(&options);
        let url = url(&redis);
        let error = refusal(settings(&[("REDIS_URL", &url)]));
        assert!(matches!(error, StartError::Evicts { .. }), "{error}");
        says(
            &error,
            &[policy, "noeviction", "DOWNBEAT_REDIS_ALLOW_EVICTION=1"],
        );
        let allowed = settings(&[
            ("REDIS_URL", url.as_str()),
            ("DOWNBEAT_REDIS_ALLOW_EVICTION", "1"),
        ]);
        assert!(run(Router::connect(allowed)).is_ok());
    }
}

#[test]
fn another_topology_than_the_settings_say() {
    let redis = Standalone::start();
    let error = refusal(settings(&[("REDIS_URL", &format!("{},", url(&redis)))]));
    assert!(matches!(error, StartError::IsNoCluster { .. }), "{error}");
    says(&error, &["REDIS_URL"]);
    let cluster = shared::together();
    let error = refusal(settings(&[("REDIS_URL", &url(&cluster.servers()[0]))]));
    assert!(matches!(error, StartError::IsCluster { .. }), "{error}");
    says(&error, &["REDIS_CLUSTER_NODES"]);
    let replica = Standalone::start();
    replica.command(&["REPLICAOF", "127.0.0.1", &redis.port().to_string()]);
    let error = refusal(settings(&[("REDIS_URL", &url(&replica))]));
    assert!(matches!(error, StartError::IsReplica { .. }), "{error}");
    says(&error, &["REDIS_SENTINEL_HOSTS"]);
}

#[test]
fn sentinels_that_watch_another() {
    let sentinel = Sentinel::start();
    let mut settings = sentinel_settings(&sentinel);
    settings.limits.start_timeout_ms = 1000;
    if let crate::redis::settings::Servers::Sentinel { master_name, .. } = &mut settings.servers {
        *master_name = "other".to_owned();
    }
    let error = refusal(settings);
    assert!(matches!(error, StartError::UnknownMaster { .. }), "{error}");
    says(&error, &["REDIS_MASTER_NAME", "other"]);
}

#[test]
fn lease_copies_on_one_master() {
    let cluster = Cluster::start();
    let slot = 2730;
    let to = cluster.owner_of(8191);
    cluster.migrate(slot, to).finish();
    let error = refusal(cluster_settings(&cluster));
    assert!(
        matches!(error, StartError::CopiesTogether { .. }),
        "{error}"
    );
    says(
        &error,
        &["2730", "8191", "rebalance", &to.port().to_string()],
    );
}

/// There is no older Redis here: this is what one would tell.
#[test]
fn an_older_redis() {
    let settings = settings(&[("REDIS_URL", "redis://r")]);
    let check = |version: &str| {
        let info = format!("redis_version:{version}\r\nmaxmemory_policy:noeviction\r\n");
        check_info(Info(&info), "r:6379", &settings)
    };
    for version in ["6.2.14", "6.9.9", "5.0", "unstable"] {
        let error = check(version).unwrap_err();
        assert!(matches!(error, StartError::TooOld { .. }), "{error}");
        says(&error, &[version, "7.0", "upgrade"]);
    }
    for version in ["7.0.0", "7.0.15", "7.4.1", "8.0.0", "10.0.0"] {
        assert_eq!(check(version), Ok(()), "{version}");
    }
}
