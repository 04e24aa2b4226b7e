//! Who owns what: which rooms there are, where they run, who may join and where a new one goes.
//!
//! [`Registry`] is what a shard talks to. [`Embedded`] keeps it in the memory of one node; a shared
//! store can stand behind the same trait, so no method assumes that an answer is at hand.
//!
//! | module | decides |
//! |---|---|
//! | `filter` | which rooms a request may join at all |
//! | `sort` | which of them comes first |
//! | `lobby` | the rooms of one name and filter: seats, the one creator, who waits for it |
//! | `board` | all lobbies: what is promised, until when, who is answered next |
//! | `placement` | the shard for a new room |
//! | [`relay`] | how a client plays in a room through a node that does not own it |
//! | [`presence`] | what a game's rooms and programs tell each other, for many nodes |
//! | `feed` | what changed in the list of rooms since each watcher last looked |
//! | [`queue`] | who waits for a match, and with whom |
//!
//! These are pure. `embedded` is the board behind a lock, with the wakers of those who wait.
//!
//! # Joining
//!
//! The shard that owns a room decides every join; the registry only leads there. It holds the seat
//! that it points to, so that requests at the same time never lead more clients to a room than it
//! has seats, and it lets one request at a time create a room of a name and filter, so that a
//! thousand `joinOrCreate` of rooms of fifty make twenty.
//!
//! ```
//! use std::sync::Arc;
//! use downbeat_cluster::{Embedded, Filter, Found, Load, Location, Mode, Query, Registry, SortBy};
//! use downbeat_schemas::{id::{NodeId, ShardId}, limits::Limits, time::Timestamp};
//!
//! # async fn join(now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let registry: Arc<dyn Registry> = Arc::new(Embedded::new(&Limits::default()));
//! registry.report_load(Location { node: NodeId(1), shard: ShardId(0) }, Load::IDLE);
//!
//! let options = serde_json::json!({ "mode": "duo", "skin": "red" });
//! let query = Query {
//!     name: "arena".into(),
//!     filter: Filter::pick(["mode"], &options),
//!     sort_by: SortBy::default(),
//!     exclude: Vec::new(),
//!     mode: Mode::JoinOrCreate,
//! };
//! match registry.find(query, now).await? {
//!     // Ask the owner for the seat; it publishes with the hold. If it refuses: drop the hold and
//!     // find again with the room excluded.
//!     Found::Room { record, hold } => println!("ask {:?} for a seat in {}", record.location, hold.room()),
//!     // Create the room there; it publishes with the ticket.
//!     Found::Create(_ticket) => println!("create one on {:?}", registry.place()),
//!     Found::Nothing => unreachable!("the answer of Mode::Join only"),
//! }
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]
#[cfg(test)]
extern crate self as downbeat_cluster;

mod board;
mod claim;
mod copies;
mod driver;
mod embedded;
mod feed;
mod fence;
mod filter;
mod flaw;
#[doc(hidden)]
pub mod fuzzing;
mod history;
pub mod lease;
mod lobby;
mod look;
mod open;
mod placement;
pub mod post;
pub mod presence;
mod query;
pub mod queue;
mod record;
mod redis;
mod registry;
pub mod relay;
pub mod shared;
mod sort;

pub use self::redis::{
    ACL_LINE, RedisCounts, RedisNode, RedisNodeFigures, RedisSettings, RedisSettingsError,
    RoundTrips, StartError,
};
pub use claim::{Hold, HoldId, HoldPass, ParseClaimError, Ticket, TicketId, TicketPass};
pub use driver::{
    About, Cluster, ClusterError, ClusterSettings, ClusterStatus, DriverClock, LeaseStatus,
    MemberStatus, PostStatus,
};
pub use embedded::Embedded;
pub use feed::{Feeds, Listed, ListingFeed};
pub use fence::Fence;
pub use filter::Filter;
pub use flaw::{Flaw, ParseFlawError};
pub use history::{Fact, History, Pen};
pub use lease::MemberState;
pub use look::{ClusterLook, CopyLook, EntryLook, LookError, NameLook, NodeLook, NodeState, look};
pub use placement::Load;
pub use post::{Answer, AskError, Mailroom, Post};
pub use query::{FindError, Found, LocateError, Located, Mode, Query};
pub use record::{Location, RoomListing, RoomRecord};
pub use registry::{Counts, Pending, Registry};
pub use sort::{Order, SortBy, SortField};
