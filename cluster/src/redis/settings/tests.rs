//! Sets of variables, and what they mean.

use super::{RedisSettings, RedisSettingsError};

/// `NAME=VALUE` by lines.
fn read(variables: &str) -> Result<Option<RedisSettings>, RedisSettingsError> {
    let pairs: Vec<(&str, &str)> = variables
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .collect();
    RedisSettings::from_lookup(|name| {
        let pair = pairs.iter().find(|(found, _)| *found == name);
        pair.map(|(_, value)| (*value).to_owned())
    })
}

/// Where, as whom, in which database, with what prefix.
fn summary(settings: &RedisSettings) -> String {
    use super::Servers::{Cluster, Sentinel, Standalone};
    let nodes = |nodes: &[super::RedisNode]| {
        let nodes: Vec<_> = nodes.iter().map(ToString::to_string).collect();
        nodes.join(" ")
    };
    let login = |login: &super::Login| {
        let user = login.user.as_deref().unwrap_or("-");
        let password = login.password.as_ref().map_or("-", |secret| &secret.0);
        format!("{user}/{password}")
    };
    let servers = match &settings.servers {
        Standalone(node) => format!("one {node}"),
        Cluster(found) => format!("cluster {}", nodes(found)),
        Sentinel {
            sentinels,
            login: to_sentinels,
            master_name,
        } => format!(
            "{master_name} of {} as {}",
            nodes(sentinels),
            login(to_sentinels)
        ),
    };
    let tls = if settings.tls.is_some() { " tls" } else { "" };
    let database = match settings.database {
        0 => String::new(),
        number => format!(" db {number}"),
    };
    format!("{servers} as {}{tls}{database}", login(&settings.login))
}

fn check(variables: &str, expected: &str) {
    let settings = read(variables).unwrap_or_else(|error| panic!("{variables}: {error}"));
    let found = settings.as_ref().map_or("none".to_owned(), summary);
    assert_eq!(found, expected, "{variables}");
}

#[test]
fn variables_say_where_redis_is() {
    check("", "none");
    check("REDIS_URL=", "none");
    check("REDIS_URL=  ", "none");
    check("DOWNBEAT_REDIS_PREFIX=game", "none");
    check("REDIS_URL=redis://r", "one r:6379 as -/-");
    check("REDIS_URL=redis://r:7000/", "one r:7000 as -/-");
    check("REDIS_URL=redis://r:7000/3", "one r:7000 as -/- db 3");
    check("REDIS_URL=redis://:pw@r", "one r:6379 as -/pw");
    check("REDIS_URL=redis://u:pw@r", "one r:6379 as u/pw");
    check("REDIS_URL=redis://u@r", "one r:6379 as u/-");
    check(
        "REDIS_URL=redis://u:p%40%2f%C3%A9@r",
        "one r:6379 as u/p@/é",
    );
    check("REDIS_URL=redis://u:a@b@r", "one r:6379 as u/a@b");
    check("REDIS_URL=rediss://u:pw@r:6380", "one r:6380 as u/pw tls");
    check("REDIS_URL=redis://[::1]", "one [::1]:6379 as -/-");
    check("REDIS_URL=redis://[::1]:7000", "one [::1]:7000 as -/-");
    check("REDIS_HOST=r", "one r:6379 as -/-");
    check("REDIS_PORT=7000", "one 127.0.0.1:7000 as -/-");
    check(
        "REDIS_HOST=r\nREDIS_PORT=7000\nREDIS_PASSWORD=pw",
        "one r:7000 as -/pw",
    );
    check(
        "REDIS_URL=redis://a:1,redis://b:2",
        "cluster a:1 b:2 as -/-",
    );
    check(
        "REDIS_URL=redis://a:1 , redis://b:2,",
        "cluster a:1 b:2 as -/-",
    );
    check("REDIS_URL=redis://a:1,", "cluster a:1 as -/-");
    check(
        "REDIS_URL=rediss://u:pw@a,rediss://u:pw@b",
        "cluster a:6379 b:6379 as u/pw tls",
    );
    check(
        r#"REDIS_CLUSTER_NODES=["a:1","b"]"#,
        "cluster a:1 b:6379 as -/-",
    );
    check(
        r#"REDIS_CLUSTER_NODES=[{"host":"a","port":1},{"host":"::1"}]"#,
        "cluster a:1 [::1]:6379 as -/-",
    );
    check(
        r#"REDIS_CLUSTER_NODES=["rediss://u:pw@a:1"]"#,
        "cluster a:1 as u/pw tls",
    );
    check(
        r#"REDIS_SENTINEL_HOSTS=["a","b:2"]"#,
        "mymaster of a:26379 b:2 as -/- as -/-",
    );
    check(
        r#"REDIS_SENTINEL_HOSTS=[{"host":"a","port":1}]
           REDIS_MASTER_NAME=game
           REDIS_PASSWORD=pw"#,
        "game of a:1 as -/- as -/pw",
    );
    check(
        r#"REDIS_SENTINEL_HOSTS=["rediss://:watch@a"]
           REDIS_PASSWORD=pw"#,
        "mymaster of a:26379 as -/watch as -/pw tls",
    );
}

#[test]
fn the_password_applies_where_a_url_has_none() {
    check(
        "REDIS_URL=redis://r\nREDIS_PASSWORD=pw",
        "one r:6379 as -/pw",
    );
    check(
        "REDIS_URL=redis://u@r\nREDIS_PASSWORD=pw",
        "one r:6379 as u/pw",
    );
    check(
        "REDIS_URL=redis://:a@r\nREDIS_PASSWORD=b",
        "one r:6379 as -/a",
    );
    check(
        "REDIS_URL=redis://a,redis://b\nREDIS_PASSWORD=pw",
        "cluster a:6379 b:6379 as -/pw",
    );
}

#[test]
fn what_kubernetes_sets_for_a_service_named_redis_is_nobodys_wish() {
    check("REDIS_PORT=tcp://10.0.0.1:6379", "none");
    check(
        "REDIS_PORT=tcp://10.0.0.1:6379\nREDIS_URL=redis://r",
        "one r:6379 as -/-",
    );
}

/// Each message names these, and says what to do.
fn refused(variables: &str, names: &[&str]) {
    let error = read(variables).expect_err(variables).to_string();
    for name in names {
        assert!(error.contains(name), "{name} is not in: {error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn contradictions_name_both_variables() {
    let values = [
        ("REDIS_URL", "redis://:hunter2@r"),
        ("REDIS_HOST", "r"),
        ("REDIS_PORT", "1"),
        ("REDIS_CLUSTER_NODES", r#"["a:1"]"#),
        ("REDIS_SENTINEL_HOSTS", r#"["a:1"]"#),
    ];
    for (index, (first, one)) in values.iter().enumerate() {
        for (second, other) in &values[index + 1..] {
            if (*first, *second) != ("REDIS_HOST", "REDIS_PORT") {
                refused(
                    &format!("{first}={one}\n{second}={other}"),
                    &[first, second],
                );
            }
        }
    }
}

#[test]
fn a_variable_alone_that_needs_another_is_refused() {
    refused(
        "REDIS_MASTER_NAME=a",
        &["REDIS_MASTER_NAME", "REDIS_SENTINEL_HOSTS"],
    );
    refused(
        "REDIS_MASTER_NAME=a\nREDIS_URL=redis://r",
        &["REDIS_MASTER_NAME", "REDIS_SENTINEL_HOSTS"],
    );
    refused("REDIS_PASSWORD=hunter2", &["REDIS_PASSWORD", "REDIS_URL"]);
    refused(
        "REDIS_URL=redis://r\nDOWNBEAT_REDIS_TLS_CA=ca.pem",
        &["DOWNBEAT_REDIS_TLS_CA", "rediss://"],
    );
    refused(
        "REDIS_URL=rediss://r\nDOWNBEAT_REDIS_TLS_KEY=key.pem",
        &["DOWNBEAT_REDIS_TLS_KEY", "DOWNBEAT_REDIS_TLS_CERT"],
    );
}

#[test]
fn what_is_not_understood_is_refused_without_its_value() {
    for url in [
        "hunter2",
        "http://hunter2",
        "unix:///hunter2",
        "redis://:hunter2@",
        "redis://:hunter2@:6379",
        "redis://:hunter2/@r",
        "redis://:hunter2@r:port",
        "redis://:hunter2@r:0",
        "redis://:hunter2@r:65536",
        "redis://:hunter2@r/db",
        "redis://:hunter2@r/-1",
        "redis://:hunter2@r#insecure",
        "redis://:hunter2@r?protocol=resp3",
        "redis://:hunter2%@r",
        "redis://:hunter2%zz@r",
        "redis://:hunter2%ff@r",
        "redis://:hunter2@[::1",
        "redis://:hunter2@a,redis://b",
        "redis://:hunter2@a,rediss://:hunter2@b",
        "redis://:hunter2@a/1,redis://:hunter2@b/1",
        ",",
    ] {
        refused(&format!("REDIS_URL={url}"), &["REDIS_URL", "Write"]);
    }
    for json in [
        "a:1",
        "[]",
        "[1]",
        r#"["a:1""#,
        r#"["a:x"]"#,
        r#"[{"port":1}]"#,
        r#"[""]"#,
    ] {
        refused(
            &format!("REDIS_CLUSTER_NODES={json}"),
            &["REDIS_CLUSTER_NODES", "JSON like"],
        );
        refused(
            &format!("REDIS_SENTINEL_HOSTS={json}"),
            &["REDIS_SENTINEL_HOSTS", "JSON like"],
        );
    }
    refused("REDIS_PORT=hunter2", &["REDIS_PORT", "6379"]);
    refused("REDIS_HOST=redis://hunter2@r", &["REDIS_HOST", "REDIS_URL"]);
    let prefix = "REDIS_URL=redis://r\nDOWNBEAT_REDIS_PREFIX=";
    for wrong in ["a{b", "a*", "a b", &"a".repeat(65)] {
        refused(&format!("{prefix}{wrong}"), &["DOWNBEAT_REDIS_PREFIX"]);
    }
    let eviction = "REDIS_URL=redis://r\nDOWNBEAT_REDIS_ALLOW_EVICTION=perhaps";
    refused(eviction, &["DOWNBEAT_REDIS_ALLOW_EVICTION"]);
}

#[test]
fn the_rest_is_read() {
    let settings = read(
        "REDIS_URL=rediss://r
         DOWNBEAT_REDIS_PREFIX=game:eu-1
         DOWNBEAT_REDIS_ALLOW_EVICTION=1
         DOWNBEAT_REDIS_TLS_CA=/ca.pem
         DOWNBEAT_REDIS_TLS_CERT=/c.pem
         DOWNBEAT_REDIS_TLS_KEY=/k.pem",
    );
    let settings = settings.unwrap().unwrap();
    assert_eq!(settings.prefix(), "game:eu-1");
    assert!(settings.may_evict);
    let tls = settings.tls.unwrap();
    assert_eq!(tls.ca, Some("/ca.pem".into()));
    assert_eq!(tls.client, Some(("/c.pem".into(), "/k.pem".into())));
    let plain = read("REDIS_URL=redis://r").unwrap().unwrap();
    assert_eq!((plain.prefix(), plain.may_evict), ("downbeat", false));
}

#[test]
fn secrets_are_not_in_debug() {
    let settings = read("REDIS_URL=redis://me:hunter2@r").unwrap().unwrap();
    let debug = format!("{settings:?}");
    assert!(
        debug.contains("me") && !debug.contains("hunter2"),
        "{debug}"
    );
}
