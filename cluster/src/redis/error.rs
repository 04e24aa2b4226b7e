//! Why a command has no answer.

use super::node::RedisNode;

/// Why a command has no answer. Nothing was retried but redirections: who asked decides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedisError {
    /// Nobody has the slot at this moment: a failover, or a cluster that does not serve it.
    #[error("no Redis server owns slot {slot}")]
    NoOwner { slot: u16 },
    /// The owner is not connected at this moment. The command was not kept for later.
    #[error("Redis {node} is not connected")]
    NotConnected { node: RedisNode },
    /// Whether it was done is not known.
    #[error("Redis {node} did not answer in {timeout_ms} ms")]
    Timeout { node: RedisNode, timeout_ms: u64 },
    /// Whether it was done is not known.
    #[error("the connection to Redis {node} broke: {reason}")]
    Broken { node: RedisNode, reason: String },
    /// The server said no.
    #[error("Redis {node} refused: {code} {details}")]
    Refused {
        node: RedisNode,
        /// The first word of its answer.
        code: String,
        /// The rest.
        details: String,
    },
    /// The servers send each other's clients around.
    #[error("more than {max} redirections")]
    Redirections { max: u32 },
    /// The server said something that is no answer to this command.
    #[error("Redis answered something unexpected to {command}")]
    Unexpected { command: &'static str },
}

/// Refusals that come before anything is done. A script's own errors come after.
const BEFORE: [&str; 12] = [
    "ASK",
    "CLUSTERDOWN",
    "CROSSSLOT",
    "LOADING",
    "MASTERDOWN",
    "MOVED",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "NOSCRIPT",
    "READONLY",
    "TRYAGAIN",
];

impl RedisError {
    /// Whether it is certain that the command had no effect.
    #[cfg(test)]
    pub(crate) fn is_without_effect(&self) -> bool {
        match self {
            Self::NoOwner { .. } | Self::NotConnected { .. } | Self::Redirections { .. } => true,
            Self::Timeout { .. } | Self::Broken { .. } | Self::Unexpected { .. } => false,
            Self::Refused { code, .. } => BEFORE.contains(&code.as_str()),
        }
    }

    /// Whether the servers may have settled otherwise who owns what.
    pub(crate) fn hints_at_change(&self) -> bool {
        match self {
            Self::Refused { code, .. } => {
                BEFORE.contains(&code.as_str()) && code != "NOSCRIPT" && code != "NOPERM"
            }
            Self::Unexpected { .. } => false,
            _ => true,
        }
    }
}
