//! The shard for a new room, among those of all nodes.
//!
//! Every node places by a view of its own that is a little old. If all took the least loaded
//! shard, they would all take the same one until the next view; of two taken at random, the less
//! loaded one does nearly as well and makes no herd. (Mitzenmacher, "The power of two choices in
//! randomized load balancing", 2001.)

use std::collections::BTreeMap;

use downbeat_schemas::id::NodeId;

use super::loads::ShardLoad;
use crate::placement::room_ppm;
use crate::{Load, Location};

/// The shards of the last view, and what this node placed on each since its report.
#[derive(Debug)]
pub(crate) struct Spread {
    node: NodeId,
    random: u64,
    shards: BTreeMap<Location, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    load: Load,
    report: u64,
    placed: u32,
}

impl Spread {
    pub(crate) fn new(node: NodeId, seed: u64) -> Self {
        Self {
            node,
            random: seed,
            shards: BTreeMap::new(),
        }
    }

    /// A shard of this node tells its load.
    pub(crate) fn report(&mut self, location: Location, load: Load) {
        let report = self.shards.get(&location).map_or(0, |seen| seen.report) + 1;
        let placed = 0;
        let seen = Seen {
            load,
            report,
            placed,
        };
        self.shards.insert(location, seen);
    }

    /// The shards of this node, for others.
    pub(crate) fn own(&self) -> Vec<ShardLoad> {
        let own = self.shards.iter();
        let own = own.filter(|(location, _)| location.node == self.node);
        own.map(|(location, seen)| ShardLoad {
            location: *location,
            load: seen.load,
            report: seen.report,
        })
        .collect()
    }

    /// The shards of all other nodes. Those left out are no longer there; this node's own ones
    /// are known at first hand.
    pub(crate) fn see(&mut self, view: impl IntoIterator<Item = ShardLoad>) {
        let former = std::mem::take(&mut self.shards);
        let own = former
            .iter()
            .filter(|(location, _)| location.node == self.node);
        self.shards = own.map(|(location, seen)| (*location, *seen)).collect();
        for shard in view {
            if shard.location.node == self.node {
                continue;
            }
            let former = former.get(&shard.location);
            let is_same = former.filter(|former| former.report == shard.report);
            let seen = Seen {
                load: shard.load,
                report: shard.report,
                placed: is_same.map_or(0, |former| former.placed),
            };
            self.shards.insert(shard.location, seen);
        }
    }

    /// The less loaded of two shards, each room placed since its report counted as an average one.
    pub(crate) fn place(&mut self) -> Option<Location> {
        let count = self.shards.len() as u64;
        if count == 0 {
            return None;
        }
        let first = self.next() % count;
        // Any other one.
        let second = (first + 1 + self.next() % (count - 1).max(1)) % count;
        let room_ppm = room_ppm(self.shards.values().map(|seen| seen.load));
        let at = |index: u64| self.shards.iter().nth(index as usize);
        let two = [at(first), at(second)].into_iter().flatten();
        let (location, _) = two.min_by_key(|(location, seen)| {
            let placed_ppm = u64::from(seen.placed) * room_ppm;
            let expected_ppm = u64::from(seen.load.ticks_ppm) + placed_ppm;
            (expected_ppm, seen.placed, **location)
        })?;
        let location = *location;
        self.shards.get_mut(&location)?.placed += 1;
        Some(location)
    }

    /// SplitMix64 (Steele, Lea, Flood, 2014).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use downbeat_schemas::id::ShardId;

    fn location(node: u64, shard: u16) -> Location {
        Location {
            node: NodeId(node),
            shard: ShardId(shard),
        }
    }

    fn load(node: u64, shard: u16, ticks_ppm: u32, report: u64) -> ShardLoad {
        ShardLoad {
            location: location(node, shard),
            load: Load {
                ticks_ppm,
                rooms: 10,
            },
            report,
        }
    }

    fn placed(spread: &mut Spread, rooms: usize) -> BTreeMap<Location, u32> {
        let mut placed = BTreeMap::new();
        for _ in 0..rooms {
            *placed.entry(spread.place().unwrap()).or_default() += 1;
        }
        placed
    }

    #[test]
    fn nothing_is_placed_before_a_shard_is_known() {
        let mut spread = Spread::new(NodeId(1), 7);
        assert_eq!(spread.place(), None);
        spread.report(location(1, 0), Load::IDLE);
        assert_eq!(spread.place(), Some(location(1, 0)));
    }

    #[test]
    fn of_two_shards_the_less_loaded_one_is_taken_until_they_are_even() {
        let mut spread = Spread::new(NodeId(1), 7);
        spread.report(location(1, 0), Load::IDLE);
        spread.see([load(2, 0, 500_000, 1)]);
        let ten = placed(&mut spread, 10);
        assert_eq!(ten, BTreeMap::from([(location(1, 0), 10)]));
        let more = placed(&mut spread, 60);
        assert!(more[&location(2, 0)] > 10, "{more:?}");
    }

    #[test]
    fn a_burst_is_even_over_idle_shards() {
        let mut spread = Spread::new(NodeId(9), 7);
        spread.see((0..8).map(|node| load(node, 0, 0, 1)));
        let placed = placed(&mut spread, 800);
        assert!(
            placed.values().all(|rooms| (95..=105).contains(rooms)),
            "{placed:?}"
        );
    }

    #[test]
    fn nodes_with_the_same_view_do_not_all_take_the_same_shard() {
        let mut rooms = BTreeMap::<Location, u32>::new();
        for node in 100..200 {
            let mut spread = Spread::new(NodeId(node), node);
            let view = (0..10).map(|node| load(node, 0, node as u32 * 1_000, 1));
            spread.see(view);
            *rooms.entry(spread.place().unwrap()).or_default() += 1;
        }
        assert!(
            rooms.len() >= 7 && rooms.values().all(|rooms| *rooms < 40),
            "{rooms:?}"
        );
        assert!(!rooms.contains_key(&location(9, 0)), "the most loaded one");
    }

    #[test]
    fn what_was_placed_counts_until_the_next_report() {
        let mut spread = Spread::new(NodeId(9), 7);
        let view = |first| [load(1, 0, 0, first), load(2, 0, 25_000, 1)];
        spread.see(view(1));
        assert_eq!(placed(&mut spread, 3)[&location(1, 0)], 3);
        spread.see(view(1));
        assert_eq!(spread.place(), Some(location(2, 0)));
        spread.see(view(2));
        assert_eq!(spread.place(), Some(location(1, 0)));
        spread.see([load(2, 0, 0, 1)]);
        assert_eq!(spread.place(), Some(location(2, 0)));
    }
}
