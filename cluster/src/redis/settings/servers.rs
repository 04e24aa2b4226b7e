//! Which of the variables says where Redis is; two that do contradict each other.

use super::endpoint::{self, parse_port};
use super::list::{self, List};
use super::{Login, RedisSettingsError, Secret, Servers, Variables};
use crate::redis::node::RedisNode;

/// What the variables say.
pub(super) struct Found {
    pub(super) servers: Servers,
    pub(super) login: Login,
    pub(super) has_tls: bool,
    pub(super) database: i64,
}

const URL: &str = "REDIS_URL";
const HOST: &str = "REDIS_HOST";
const PORT: &str = "REDIS_PORT";
const PASSWORD: &str = "REDIS_PASSWORD";
const CLUSTER: &str = "REDIS_CLUSTER_NODES";
const SENTINELS: &str = "REDIS_SENTINEL_HOSTS";
const MASTER: &str = "REDIS_MASTER_NAME";

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26_379;
/// The name in Redis' own example of a sentinel.conf.
const MASTER_NAME: &str = "mymaster";

/// None if no variable says where Redis is.
pub(super) fn find(variables: &Variables<'_>) -> Result<Option<Found>, RedisSettingsError> {
    let port = port_text(variables);
    refuse_contradictions(variables, port.is_some())?;
    let value = |name| variables.value(name);
    let mut found = if let Some(urls) = value(URL) {
        from_url(&urls)?
    } else if let Some(json) = value(CLUSTER) {
        let list = list::from_json(CLUSTER, &json, REDIS_PORT)?;
        from_list(CLUSTER, list, Servers::Cluster)?
    } else if let Some(json) = value(SENTINELS) {
        from_sentinels(variables, &json)?
    } else if variables.has(HOST) || port.is_some() {
        from_host(value(HOST), port)?
    } else {
        return Ok(None);
    };
    if found.login.password.is_none() {
        found.login.password = value(PASSWORD).map(Secret);
    }
    Ok(Some(found))
}

/// Kubernetes sets `REDIS_PORT=tcp://…` in every container beside a service named redis: nobody has
/// written that.
fn port_text(variables: &Variables<'_>) -> Option<String> {
    let port = variables.value(PORT);
    port.filter(|port| !port.starts_with("tcp://"))
}

fn refuse_contradictions(
    variables: &Variables<'_>,
    has_port: bool,
) -> Result<(), RedisSettingsError> {
    let is_set = |name: &str| match name {
        PORT => has_port,
        _ => variables.has(name),
    };
    let pairs = [
        (
            URL,
            HOST,
            "write the host into REDIS_URL and remove REDIS_HOST",
        ),
        (
            URL,
            PORT,
            "write the port into REDIS_URL and remove REDIS_PORT",
        ),
        (
            URL,
            CLUSTER,
            "remove REDIS_URL for a cluster, or REDIS_CLUSTER_NODES",
        ),
        (
            URL,
            SENTINELS,
            "remove REDIS_URL for sentinels, or REDIS_SENTINEL_HOSTS",
        ),
        (
            CLUSTER,
            SENTINELS,
            "a cluster needs no sentinels: remove one of them",
        ),
        (
            CLUSTER,
            HOST,
            "remove REDIS_HOST for a cluster, or REDIS_CLUSTER_NODES",
        ),
        (
            CLUSTER,
            PORT,
            "write the port beside each host and remove REDIS_PORT",
        ),
        (
            SENTINELS,
            HOST,
            "remove REDIS_HOST: the sentinels name the master",
        ),
        (
            SENTINELS,
            PORT,
            "remove REDIS_PORT: the sentinels name the master",
        ),
    ];
    for (first, second, advice) in pairs {
        if is_set(first) && is_set(second) {
            return Err(RedisSettingsError::Contradiction {
                first,
                second,
                advice,
            });
        }
    }
    if is_set(MASTER) && !is_set(SENTINELS) {
        return Err(RedisSettingsError::Missing {
            variable: MASTER,
            missing: SENTINELS,
            advice: r#"write the sentinels as JSON like ["10.0.0.1:26379"], or remove it"#,
        });
    }
    if is_set(PASSWORD)
        && ![URL, HOST, PORT, CLUSTER, SENTINELS]
            .iter()
            .any(|name| is_set(name))
    {
        return Err(RedisSettingsError::Missing {
            variable: PASSWORD,
            missing: URL,
            advice: "write redis://HOST:PORT into REDIS_URL, or remove the password",
        });
    }
    Ok(())
}

fn from_url(urls: &str) -> Result<Found, RedisSettingsError> {
    let list = list::from_urls(URL, urls, REDIS_PORT)?;
    if urls.contains(',') {
        return from_list(URL, list, Servers::Cluster);
    }
    let List {
        mut nodes,
        has_tls,
        login,
        database,
    } = list;
    let Some(node) = nodes.pop() else {
        return Err(RedisSettingsError::Invalid {
            variable: URL,
            found: "it names no server",
            expected: endpoint::EXPECTED,
        });
    };
    Ok(Found {
        servers: Servers::Standalone(node),
        login,
        has_tls,
        database,
    })
}

fn from_list(
    variable: &'static str,
    list: List,
    servers: fn(Vec<RedisNode>) -> Servers,
) -> Result<Found, RedisSettingsError> {
    if list.database != 0 {
        return Err(RedisSettingsError::Invalid {
            variable,
            found: "it names a database, and a cluster has only one",
            expected: "the URLs without a number at the end",
        });
    }
    Ok(Found {
        servers: servers(list.nodes),
        login: list.login,
        has_tls: list.has_tls,
        database: 0,
    })
}

/// A login in the list is for the sentinels; the master's is `REDIS_PASSWORD`.
fn from_sentinels(variables: &Variables<'_>, json: &str) -> Result<Found, RedisSettingsError> {
    let list = list::from_json(SENTINELS, json, SENTINEL_PORT)?;
    let master_name = variables.value(MASTER).unwrap_or(MASTER_NAME.to_owned());
    Ok(Found {
        servers: Servers::Sentinel {
            sentinels: list.nodes,
            login: list.login,
            master_name,
        },
        login: Login::default(),
        has_tls: list.has_tls,
        database: list.database,
    })
}

fn from_host(host: Option<String>, port: Option<String>) -> Result<Found, RedisSettingsError> {
    let host = host.unwrap_or("127.0.0.1".to_owned());
    if host.contains("://") || host.contains('@') {
        return Err(RedisSettingsError::Invalid {
            variable: HOST,
            found: "it is a URL",
            expected: "a host name or address, or the URL into REDIS_URL",
        });
    }
    let port = match port {
        None => REDIS_PORT,
        Some(port) => parse_port(&port).ok_or(RedisSettingsError::Invalid {
            variable: PORT,
            found: "it is no number from 1 to 65535",
            expected: "a port like 6379",
        })?,
    };
    Ok(Found {
        servers: Servers::Standalone(RedisNode { host, port }),
        login: Login::default(),
        has_tls: false,
        database: 0,
    })
}
