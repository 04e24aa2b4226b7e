//! A look at a cluster from outside, for people: what is in Redis, without a node.
//!
//! Nothing is written, and no node need run. What a start of a node would be refused for is told
//! along with what there is to see, so that it can be seen why.
//!
//! | file | what |
//! |---|---|
//! | `reading` | asks the servers |
//! | `state` | what the copies of the lease say together; pure |

mod reading;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

pub use self::state::NodeState;
use crate::lease::{Member, Standing};
use crate::shared::loads::ShardLoad;
use crate::{About, RedisNode, RedisNodeFigures, RedisSettings, StartError};

/// What is known of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterLook {
    /// What a start of a node would be refused for, and what could not be read.
    pub problems: Vec<String>,
    /// The nodes that the lease knows.
    pub nodes: Vec<NodeLook>,
    /// The copies of the lease.
    pub copies: Vec<CopyLook>,
    /// The names that have rooms.
    pub rooms: Vec<NameLook>,
    /// The Redis servers; sentinels left out.
    pub servers: Vec<RedisNodeFigures>,
}

/// One life of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLook {
    /// Which.
    pub member: Member,
    /// Whether it lives, as the copies say together.
    pub state: NodeState,
    /// What it tells of itself.
    pub about: About,
    /// How busy its shards are, if it has told in the last ten seconds.
    pub shards: Vec<ShardLoad>,
}

/// One copy of the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyLook {
    /// Its master; None if nobody owns its slot.
    pub master: Option<RedisNode>,
    /// What it says of each life of a node, or why it could not be read.
    pub entries: Result<Vec<EntryLook>, String>,
}

/// What a copy says of one life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLook {
    /// Which.
    pub member: Member,
    /// Whether it holds its lease.
    pub standing: Standing,
    /// Until its lease ends, by the copy's time; None if it has ended.
    pub left: Option<Duration>,
}

/// The rooms of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameLook {
    /// The name.
    pub name: String,
    /// How many, private and locked ones included.
    pub rooms: u64,
    /// Clients in them.
    pub clients: u64,
}

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// Redis is not to be had, or another than was said.
    #[error(transparent)]
    Redis(#[from] StartError),
    /// The kernel gives no means to talk to it.
    #[error("no way to talk to Redis: {0}")]
    Io(#[from] io::Error),
}

/// Looks at the cluster that lives in this Redis. Blocks for some milliseconds; for some seconds if
/// servers do not answer.
///
/// # Errors
/// [`LookError`] if no server answers, or it is not what the settings say.
pub fn look(settings: RedisSettings) -> Result<ClusterLook, LookError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let look = LocalSet::new().block_on(&runtime, reading::read(settings));
    // A name that is still being looked up must not hold up who asked.
    runtime.shutdown_background();
    Ok(look?)
}
