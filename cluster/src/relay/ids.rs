//! One newtype per id and number line.

use std::fmt;

use downbeat_schemas::id::{NodeId, ShardId};

/// The tie of one shard of an edge to one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrandId {
    /// The edge.
    pub node: NodeId,
    /// The shard that has the sockets.
    pub shard: ShardId,
    /// Rises with each strand of that shard and is never used twice, not even after a restart of the
    /// node: a room takes the highest it saw for the living one and the others for dead.
    pub serial: u32,
}

impl fmt::Display for StrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.node, self.shard, self.serial)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// The one that follows.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// A client's socket on a strand: rises, and is never used twice on it.
    RelayedId(u32)
}
number! {
    /// The number of an entry on its way to the owner, per strand and epoch. The first is 1.
    UpSeq(u64)
}
number! {
    /// The number of a frame, per room and epoch. The first is 1.
    FrameSeq(u64)
}
number! {
    /// How often the owner told a strand where to begin: 1 at its first contact, one more with each
    /// time that frames it lacked were gone.
    Round(u32)
}
