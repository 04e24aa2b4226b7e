//! Lists of servers, as JSON or with commas.

use serde::Deserialize;

use super::endpoint::{self, Endpoint};
use super::{Login, RedisSettingsError};
use crate::redis::node::RedisNode;

/// What the entries of a list say together.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) nodes: Vec<RedisNode>,
    pub(super) has_tls: bool,
    pub(super) login: Login,
    pub(super) database: i64,
}

/// Servers in one list; more are an error: they name each other.
const ENTRIES_MAX: usize = 256;

const EXPECTED_JSON: &str =
    r#"JSON like ["10.0.0.1:6379","10.0.0.2:6379"] or [{"host":"10.0.0.1","port":6379}]"#;

/// Reads `["HOST:PORT", …]` or `[{"host": …, "port": …}, …]`.
pub(super) fn from_json(
    variable: &'static str,
    json: &str,
    default_port: u16,
) -> Result<List, RedisSettingsError> {
    let invalid = |found| RedisSettingsError::Invalid {
        variable,
        found,
        expected: EXPECTED_JSON,
    };
    let entries: Vec<Entry> =
        serde_json::from_str(json).map_err(|_| invalid("it is no JSON list of servers"))?;
    let endpoints = entries
        .into_iter()
        .map(|entry| entry.endpoint(default_port));
    let endpoints: Result<Vec<_>, _> = endpoints.collect();
    agree(endpoints.map_err(invalid)?).map_err(invalid)
}

/// Reads `URL,URL,…`.
pub(super) fn from_urls(
    variable: &'static str,
    urls: &str,
    default_port: u16,
) -> Result<List, RedisSettingsError> {
    let invalid = |found| RedisSettingsError::Invalid {
        variable,
        found,
        expected: endpoint::EXPECTED,
    };
    let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
    let endpoints = urls.map(|url| Endpoint::parse(url, default_port));
    let endpoints: Result<Vec<_>, _> = endpoints.collect();
    agree(endpoints.map_err(invalid)?).map_err(invalid)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Fields { host: String, port: Option<u16> },
}

impl Entry {
    fn endpoint(self, default_port: u16) -> Result<Endpoint, &'static str> {
        match self {
            Self::Text(text) => Endpoint::parse_short(&text, default_port),
            Self::Fields { port: Some(0), .. } => Err("a port is 0"),
            Self::Fields { host, .. } if host.is_empty() => Err("a host is empty"),
            Self::Fields { host, port } => Ok(Endpoint {
                node: RedisNode {
                    host,
                    port: port.unwrap_or(default_port),
                },
                has_tls: false,
                login: Login::default(),
                database: 0,
            }),
        }
    }
}

/// The servers of a list are reached in the same way.
fn agree(endpoints: Vec<Endpoint>) -> Result<List, &'static str> {
    let Some(first) = endpoints.first().cloned() else {
        return Err("it names no server");
    };
    if endpoints.len() > ENTRIES_MAX {
        return Err("it names more than 256 servers");
    }
    let differs = |is_other: fn(&Endpoint, &Endpoint) -> bool| {
        endpoints.iter().any(|endpoint| is_other(endpoint, &first))
    };
    if differs(|one, other| one.has_tls != other.has_tls) {
        return Err("some of its servers are with TLS and some without");
    }
    if differs(|one, other| one.login != other.login) {
        return Err("its servers have different users or passwords");
    }
    if differs(|one, other| one.database != other.database) {
        return Err("its servers have different databases");
    }
    Ok(List {
        nodes: endpoints
            .into_iter()
            .map(|endpoint| endpoint.node)
            .collect(),
        has_tls: first.has_tls,
        login: first.login,
        database: first.database,
    })
}
