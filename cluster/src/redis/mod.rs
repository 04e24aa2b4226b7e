//! Redis: the only I/O of this crate.
//!
//! | module | what |
//! |---|---|
//! | `settings` | where Redis is, from variables; pure |
//! | `slot`, `view`, `topology`, `redirect` | which server owns which key; pure |
//! | `info` | what a server tells of itself; pure |
//! | `node` | the address of a server |

pub(crate) mod fuzzing;
mod info;
mod node;
mod redirect;
mod settings;
pub(crate) mod slot;
mod topology;
mod view;

pub use settings::{RedisSettings, RedisSettingsError};
