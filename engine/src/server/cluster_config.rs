//! How a node is one of many, as an operator says it.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use downbeat_cluster::{Flaw, ParseFlawError, RedisSettings, RedisSettingsError};

/// How a node is one of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Where Redis is.
    pub redis: RedisSettings,
    /// How long a node may be out of touch with a Redis that has all leases, alone or behind
    /// sentinels, before others may take it for dead. None is 4.5 s; with Redis Cluster it is 600 ms,
    /// whatever stands here.
    pub lease: Option<Duration>,
    /// What the rooms do while Redis is out of reach.
    pub on_redis_loss: OnRedisLoss,
    /// Host and port at which other nodes reach this one, to see at once that it has crashed. None:
    /// the address that it listens on, or the one that it reaches Redis from.
    pub node_address: Option<String>,
    /// A file to which the node appends what it does, for those who check that no two nodes had one
    /// room. For tests.
    #[doc(hidden)]
    pub history: Option<PathBuf>,
    /// A mistake to make. For tests.
    #[doc(hidden)]
    pub flaw: Option<Flaw>,
}

/// What the rooms of a node do while Redis is out of reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRedisLoss {
    /// They stop, until the node has its lease again: another node may have them meanwhile.
    #[default]
    Freeze,
    /// They go on. Only for a node that is the only one of its Redis: with others, a room might run
    /// twice.
    Continue,
}

/// Variables that say nothing sensible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterConfigError {
    /// About where Redis is.
    #[error(transparent)]
    Redis(#[from] RedisSettingsError),
    /// The time is none, or out of range.
    #[error(
        "{LEASE_MS} = `{found}` is no time for a lease: write milliseconds from {LEASE_MS_MIN} to \
         {LEASE_MS_MAX}"
    )]
    Lease {
        /// What was found.
        found: String,
    },
    /// No such word.
    #[error("{ON_LOSS} = `{found}`: write `freeze`, or `continue` for the only node of its Redis")]
    OnLoss {
        /// What was found.
        found: String,
    },
    /// No such mistake.
    #[error("{TEST_LEASE}: {0}")]
    Flaw(#[from] ParseFlawError),
}

const LEASE_MS: &str = "DOWNBEAT_LEASE_MS";
const ON_LOSS: &str = "DOWNBEAT_ON_REDIS_LOSS";
const NODE_ADDRESS: &str = "DOWNBEAT_NODE_ADDRESS";
const HISTORY: &str = "DOWNBEAT_HISTORY";
const TEST_LEASE: &str = "DOWNBEAT_TEST_LEASE";
/// A failover by Sentinel takes some two seconds: a shorter lease would freeze rooms in each.
const LEASE_MS_MIN: u64 = 600;
const LEASE_MS_MAX: u64 = 600_000;

impl ClusterConfig {
    /// One of the nodes of this Redis, and nothing else out of the ordinary.
    pub const fn new(redis: RedisSettings) -> Self {
        Self {
            redis,
            lease: None,
            on_redis_loss: OnRedisLoss::Freeze,
            node_address: None,
            history: None,
            flaw: None,
        }
    }

    /// Reads the environment; None if it names no Redis: then the node is alone.
    ///
    /// # Errors
    /// [`ClusterConfigError`] names the variables and says what to write.
    pub fn from_env() -> Result<Option<Self>, ClusterConfigError> {
        Self::from_lookup(|name| env::var(name).ok())
    }

    fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ClusterConfigError> {
        let Some(redis) = RedisSettings::from_lookup(&lookup)? else {
            return Ok(None);
        };
        let value = |name| lookup(name).filter(|value| !value.trim().is_empty());
        Ok(Some(Self {
            redis,
            lease: value(LEASE_MS)
                .map(|found| parse_lease(&found))
                .transpose()?,
            on_redis_loss: match value(ON_LOSS).as_deref().map(str::trim) {
                None | Some("freeze") => OnRedisLoss::Freeze,
                Some("continue") => OnRedisLoss::Continue,
                Some(found) => {
                    let found = found.to_owned();
                    return Err(ClusterConfigError::OnLoss { found });
                }
            },
            node_address: value(NODE_ADDRESS),
            history: value(HISTORY).map(PathBuf::from),
            flaw: value(TEST_LEASE).map(|flaw| flaw.parse()).transpose()?,
        }))
    }
}

fn parse_lease(found: &str) -> Result<Duration, ClusterConfigError> {
    let ms = found.trim().replace('_', "").parse().ok();
    let ms = ms.filter(|ms| (LEASE_MS_MIN..=LEASE_MS_MAX).contains(ms));
    ms.map(Duration::from_millis)
        .ok_or_else(|| ClusterConfigError::Lease {
            found: found.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<ClusterConfig>, ClusterConfigError> {
        ClusterConfig::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_a_redis_a_node_is_alone() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(ON_LOSS, "never")]), Ok(None));
    }

    #[test]
    fn variables_say_how_the_lease_is_kept() {
        let redis = ("REDIS_URL", "redis://127.0.0.1:6379");
        let config = read(&[redis, (LEASE_MS, "9_000"), (ON_LOSS, "continue")]);
        let config = config.unwrap().unwrap();
        assert_eq!(config.lease, Some(Duration::from_secs(9)));
        assert_eq!(config.on_redis_loss, OnRedisLoss::Continue);
        for (name, value) in [(LEASE_MS, "10"), (LEASE_MS, "soon"), (ON_LOSS, "stop")] {
            let error = read(&[redis, (name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }
}
