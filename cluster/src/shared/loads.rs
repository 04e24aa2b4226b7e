//! The loads of shards as text: what each node tells of its own ten times a second.

use std::fmt::Write;
use std::time::Duration;

use downbeat_schemas::id::ShardId;

use super::owner::Owner;
use crate::{Load, Location};

/// Shards of a node that are read. Beyond: the rest is left out.
const SHARDS_MAX: usize = 4_096;

/// The shards of one node, as it last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLoad {
    /// The node.
    pub owner: Owner,
    /// Since it told, by the store's clock.
    pub age: Duration,
    /// Its shards.
    pub shards: Vec<ShardLoad>,
}

/// How busy a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardLoad {
    /// Which.
    pub location: Location,
    /// Its last report.
    pub load: Load,
    /// The number of that report: it rises with each one.
    pub report: u64,
}

/// Writes the shards of one node: `shard:ticks_ppm:rooms:report`, with commas between.
pub(crate) fn write<'a>(shards: impl IntoIterator<Item = &'a ShardLoad>) -> String {
    let mut text = String::new();
    for shard in shards {
        let separator = if text.is_empty() { "" } else { "," };
        let ShardLoad {
            location,
            load,
            report,
        } = shard;
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "{separator}{}:{}:{}:{report}",
            location.shard, load.ticks_ppm, load.rooms
        );
    }
    text
}

/// Reads what a node told, with the store's time (ms) in front. `None` if any of it is not as
/// written.
pub(crate) fn read(owner: &str, told: &str, now_ms: u64) -> Option<NodeLoad> {
    let owner: Owner = owner.parse().ok()?;
    let (at_ms, shards) = told.split_once('|')?;
    let at_ms: u64 = at_ms.parse().ok()?;
    let shards = shards.split(',').filter(|shard| !shard.is_empty());
    let shards = shards
        .take(SHARDS_MAX)
        .map(|shard| read_shard(owner, shard));
    Some(NodeLoad {
        owner,
        age: Duration::from_millis(now_ms.saturating_sub(at_ms)),
        shards: shards.collect::<Option<_>>()?,
    })
}

fn read_shard(owner: Owner, text: &str) -> Option<ShardLoad> {
    let mut fields = text.split(':');
    let mut next = || fields.next();
    let shard = ShardLoad {
        location: Location {
            node: owner.node,
            shard: ShardId(next()?.parse().ok()?),
        },
        load: Load {
            ticks_ppm: next()?.parse().ok()?,
            rooms: next()?.parse().ok()?,
        },
        report: next()?.parse().ok()?,
    };
    next().is_none().then_some(shard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::owner::Incarnation;
    use downbeat_schemas::id::NodeId;

    fn shard(id: u16, ticks_ppm: u32) -> ShardLoad {
        ShardLoad {
            location: Location {
                node: NodeId(7),
                shard: ShardId(id),
            },
            load: Load {
                ticks_ppm,
                rooms: 3,
            },
            report: u64::MAX,
        }
    }

    #[test]
    fn loads_survive_their_text() {
        let owner = Owner {
            node: NodeId(7),
            incarnation: Incarnation((1 << 53) - 1),
        };
        for shards in [
            vec![],
            vec![shard(0, 0)],
            vec![shard(1, 9), shard(2, u32::MAX)],
        ] {
            let told = format!("900|{}", write(&shards));
            let age = Duration::from_millis(100);
            let read = read(&owner.to_string(), &told, 1_000).unwrap();
            assert_eq!(read, NodeLoad { owner, age, shards });
        }
    }

    #[test]
    fn what_is_no_load_is_left_out() {
        let owner = "0000000000007.1";
        for told in ["", "|", "x|", "1|0", "1|0:0:0", "1|0:0:0:0:0", "1|0:0:-1:0"] {
            assert_eq!(read(owner, told, 0), None, "{told}");
        }
        assert_eq!(read("7", "1|", 0), None);
        assert!(read(owner, "1|0:0:0:0", 0).is_some());
    }
}
