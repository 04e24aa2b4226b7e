//! Where Redis is and how to connect to it, as environment variables say it. Pure: the caller looks
//! them up.
//!
//! | set | what there is |
//! |---|---|
//! | nothing | no Redis: one node alone |
//! | `REDIS_URL` with one URL, or `REDIS_HOST` and `REDIS_PORT` | one server |
//! | `REDIS_URL` with a comma list, or `REDIS_CLUSTER_NODES` | a Redis Cluster |
//! | `REDIS_SENTINEL_HOSTS` and `REDIS_MASTER_NAME` | a master that sentinels watch |

mod endpoint;
mod error;
mod limits;
mod list;
mod servers;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

pub use error::RedisSettingsError;
pub(crate) use limits::RedisLimits;

use super::node::RedisNode;

/// What all keys and channels begin with, unless a variable says otherwise.
const PREFIX: &str = "downbeat";
/// Bytes of a prefix; it is part of each key.
const PREFIX_MAX: usize = 64;

/// Where Redis is, who we are to it, and what our keys are called. Its `Debug` hides passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    pub(crate) servers: Servers,
    pub(crate) login: Login,
    /// None: connections without TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// The number of the database; 0 on a cluster.
    pub(crate) database: i64,
    pub(crate) prefix: String,
    /// Whether a server that evicts keys is accepted.
    pub(crate) may_evict: bool,
    pub(crate) limits: RedisLimits,
}

/// The three topologies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Servers {
    /// One server, which owns all keys.
    Standalone(RedisNode),
    /// Some of the servers of a Redis Cluster; they name the others.
    Cluster(Vec<RedisNode>),
    /// Who knows where the one master is.
    Sentinel {
        sentinels: Vec<RedisNode>,
        /// Who we are to the sentinels.
        login: Login,
        master_name: String,
    },
}

/// Who we are to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Login {
    /// None: the default user.
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
}

/// A password: it is in no log and in no error.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<hidden>")
    }
}

/// The files for TLS, PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// Whom to trust; None: whom the system trusts.
    pub(crate) ca: Option<PathBuf>,
    /// Our certificate and its key, where the server asks for one.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

impl RedisSettings {
    /// Reads the variables through `lookup`; an empty one counts as not set.
    ///
    /// None if none of them says where Redis is: then a node is alone.
    ///
    /// # Errors
    /// If they contradict each other, or one is not understood. The message names the variables and
    /// says what to write; it repeats no value.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, RedisSettingsError> {
        let variables = Variables(&lookup);
        let Some(found) = servers::find(&variables)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            tls: tls_files(&variables, found.has_tls)?,
            servers: found.servers,
            login: found.login,
            database: found.database,
            prefix: prefix(&variables)?,
            may_evict: may_evict(&variables)?,
            limits: RedisLimits::default(),
        }))
    }

    /// The first server that is named, as `host:port`: a sentinel, if sentinels are named.
    pub fn first_server(&self) -> String {
        let first = match &self.servers {
            Servers::Standalone(node) => Some(node),
            Servers::Cluster(nodes) => nodes.first(),
            Servers::Sentinel { sentinels, .. } => sentinels.first(),
        };
        first.map(RedisNode::to_string).unwrap_or_default()
    }

    /// What all keys and channels begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The variables that are set to something.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

const TLS_CA: &str = "DOWNBEAT_REDIS_TLS_CA";
const TLS_CERTIFICATE: &str = "DOWNBEAT_REDIS_TLS_CERT";
const TLS_KEY: &str = "DOWNBEAT_REDIS_TLS_KEY";

fn tls_files(
    variables: &Variables<'_>,
    has_tls: bool,
) -> Result<Option<TlsFiles>, RedisSettingsError> {
    let path = |name| variables.value(name).map(PathBuf::from);
    if !has_tls {
        let names = [TLS_CA, TLS_CERTIFICATE, TLS_KEY];
        return match names.into_iter().find(|name| variables.has(name)) {
            None => Ok(None),
            Some(variable) => Err(RedisSettingsError::Missing {
                variable,
                missing: "a URL that begins with rediss://",
                advice: "write rediss:// for TLS, or remove the variable",
            }),
        };
    }
    let client = match (path(TLS_CERTIFICATE), path(TLS_KEY)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (certificate, _) => {
            let (variable, missing) = if certificate.is_some() {
                (TLS_CERTIFICATE, TLS_KEY)
            } else {
                (TLS_KEY, TLS_CERTIFICATE)
            };
            let advice = "name both PEM files, or none";
            return Err(RedisSettingsError::Missing {
                variable,
                missing,
                advice,
            });
        }
    };
    let ca = path(TLS_CA);
    Ok(Some(TlsFiles { ca, client }))
}

/// A brace would change the slot of each key, and `*?[]\` would mean something in an ACL pattern.
fn prefix(variables: &Variables<'_>) -> Result<String, RedisSettingsError> {
    let variable = "DOWNBEAT_REDIS_PREFIX";
    let prefix = variables.value(variable).unwrap_or(PREFIX.to_owned());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if prefix.len() <= PREFIX_MAX && prefix.bytes().all(is_plain) {
        return Ok(prefix);
    }
    Err(RedisSettingsError::Invalid {
        variable,
        found: "it is too long or has other characters than letters, digits and - _ . :",
        expected: "at most 64 of them, like `downbeat`",
    })
}

fn may_evict(variables: &Variables<'_>) -> Result<bool, RedisSettingsError> {
    let variable = "DOWNBEAT_REDIS_ALLOW_EVICTION";
    match variables.value(variable).as_deref() {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(_) => Err(RedisSettingsError::Invalid {
            variable,
            found: "it is neither 1 nor 0",
            expected: "1 to accept a Redis that may evict rooms and leases, or remove it",
        }),
    }
}
