//! The registry of many nodes, in a store that they share: Redis, or a test's.
//!
//! [`Shared`] is what shards talk to: it keeps what this node says of its own rooms and hands
//! questions to [`serve`], which asks the [`Store`](store::Store) on a thread of its own. All that
//! decides something about many nodes at once is in the scripts (`lua/`), which the store runs one
//! at a time.
//!
//! | module | decides |
//! |---|---|
//! | `dirty` | what the store has yet to be told of this node's rooms, and when |
//! | `lines` | who of this node's waiting requests is asked for next |
//! | `spread` | the shard for a new room, among those of all nodes |
//! | `rank` | how orders of rooms become bytes that the store compares |
//! | `call`, `reply`, `record_text`, `loads` | how all of it is written and read |
//!
//! These are pure. Time in the scripts is the store's alone, so that nodes need no common clock:
//! promises and listings live as long as that clock says, whatever those of the nodes do.
//!
//! Whatever gets lost on the way, nothing stays for good: a hold ends at `matchmake_timeout_ms`, a
//! ticket at `create_timeout_ms`, the listing of a room 30 s after its owner's last word, every key
//! 90 s after the last use of it; the record of a room's owner and the index of an incarnation
//! after ten minutes.

pub mod keys;
pub mod loads;
pub mod owner;
pub mod store;

pub(crate) mod call;
mod check;
mod desk;
mod dirty;
pub(crate) mod fuzzing;
mod lines;
mod rank;
pub(crate) mod record_text;
mod recovery;
mod registry;
pub(crate) mod reply;
mod script;
mod serve;
mod spread;
#[cfg(test)]
mod tests;

pub use check::{Checked, check};
pub use dirty::Pace;
pub use recovery::{Recovery, RecoveryError};
pub use registry::{Setup, Shared};
pub use reply::{Claimed, ReplyError};
pub use serve::{Event, Surroundings, serve};
