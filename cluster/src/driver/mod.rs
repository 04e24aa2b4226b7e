//! The one thread that talks to Redis: it keeps the node's lease, carries letters and frames, and
//! serves the registry. Everything here lives on it but [`Cluster`] and the ends of its queues.
//!
//! | file | what |
//! |---|---|
//! | `cluster` | the node's membership in a cluster, as other threads hold it |
//! | `orders` | what other threads want: a bounded queue and a wake-up |
//! | `thread` | beginning and end |
//! | `leasing`, `least` | the lease machine's requests, answers and fence, and what was left of it |
//! | `life` | what follows from its events: lives, thaws, recoveries |
//! | `neighbours` | other nodes, watched to know of a crash at once |
//! | `lives` | the registry through all lives of the node |
//! | `forgetting` | everything is told again when Redis may have forgotten |
//! | `channels` | names of channels, and pairs of them |
//! | `courier` | a message by one channel of a pair or the other |
//! | `carrying`, `hearing`, `audience` | the speaking and the listening half of the post |
//! | `listings` | the list of rooms as lobbies watch it |
//! | `store`, `presence_store`, `queue_store` | the registry, presence and queues, through the router |
//! | `scripts` | what they have Redis run |
//! | `status` | what people and metrics see of all this |

mod about;
mod audience;
mod carrying;
mod channels;
mod clock;
mod cluster;
mod courier;
mod forgetting;
mod hearing;
mod leasing;
mod least;
mod life;
mod listings;
mod lives;
mod neighbours;
mod orders;
mod presence_store;
mod queue_store;
pub(crate) mod raw_reply;
mod scripts;
mod status;
mod store;
mod thread;

pub use about::About;
pub use clock::DriverClock;
pub use cluster::{Cluster, ClusterError, ClusterSettings};
pub(crate) use orders::{Order, Orders};
pub use status::{ClusterStatus, LeaseStatus, MemberStatus, PostStatus};
pub(crate) use store::RedisStore;
