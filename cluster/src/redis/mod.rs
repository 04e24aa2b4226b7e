//! Redis: the only I/O of this crate.
//!
//! | module | what |
//! |---|---|
//! | `settings` | where Redis is, from variables; pure |
//! | `node` | the address of a server |

mod node;
mod settings;

pub use settings::{RedisSettings, RedisSettingsError};
