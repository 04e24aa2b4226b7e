//! Redis: the only I/O of this crate.
//!
//! | module | what |
//! |---|---|
//! | `settings` | where Redis is, from variables; pure |
//! | `slot`, `view`, `topology`, `redirect` | which server owns which key; pure |
//! | `info`, `figures` | what a server tells of itself; pure |
//! | `round_trips` | how long commands take; pure |
//! | `router` | sends each command to the server that owns its key |
//! | `listener` | hears what is published on sharded channels |
//! | `probe`, `acl` | what is looked at before a node starts |
//! | `reach` | connecting to whatever is there, to look at it |
//! | `connector`, `link`, `backoff` | the connections to one server, kept up |
//! | `script` | Lua that runs inside Redis |
//! | `counts` | what happened, counted and logged |
//! | `error`, `start_error`, `node`, `task` | what the others share |

mod acl;
mod backoff;
mod connector;
mod counts;
mod error;
mod figures;
pub(crate) mod fuzzing;
mod info;
mod link;
mod listener;
mod node;
mod probe;
mod reach;
mod redirect;
mod round_trips;
mod router;
mod script;
mod settings;
pub(crate) mod slot;
mod start_error;
mod task;
#[cfg(test)]
mod tests;
mod topology;
mod view;

pub use acl::ACL_LINE;
pub use counts::RedisCounts;
pub(crate) use error::RedisError;
pub use figures::RedisNodeFigures;
pub(crate) use listener::Listener;
pub use node::RedisNode;
pub use round_trips::RoundTrips;
pub(crate) use router::{MasterId, Router};
pub(crate) use script::Script;
pub(crate) use settings::Servers;
pub use settings::{RedisSettings, RedisSettingsError};
pub use start_error::StartError;
