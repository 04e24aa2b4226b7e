//! The shard for a new room.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Location;

/// What a room is taken to cost, in millionths of a core, until reports show more: a room of 50
/// clients at 20 Hz takes about this.
const ROOM_LOAD_MIN_PPM: u64 = 10_000;

/// How busy a shard was between two reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Time spent in ticks, in millionths of the time that passed.
    pub ticks_ppm: u32,
    /// Rooms that shared it.
    pub rooms: u32,
}

impl Load {
    /// A shard without rooms.
    pub const IDLE: Self = Self {
        ticks_ppm: 0,
        rooms: 0,
    };

    /// The load of a shard whose `rooms` spent `ticks` of `passed` in their ticks.
    pub fn new(ticks: Duration, passed: Duration, rooms: u32) -> Self {
        let ppm = ticks.as_nanos() * 1_000_000 / passed.as_nanos().max(1);
        Self {
            ticks_ppm: u32::try_from(ppm).unwrap_or(u32::MAX),
            rooms,
        }
    }
}

/// The shards that have reported, and what was placed on each since.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    shards: BTreeMap<Location, Shard>,
}

#[derive(Debug)]
struct Shard {
    load: Load,
    placed: u32,
}

impl Placement {
    pub(crate) fn report(&mut self, shard: Location, load: Load) {
        self.shards.insert(shard, Shard { load, placed: 0 });
    }

    /// The least loaded shard, each room placed since its report counted as an average one;
    /// among equals the one with fewer such rooms, then the lower id.
    pub(crate) fn place(&mut self) -> Option<Location> {
        let room_ppm = self.room_ppm();
        let (location, shard) = self.shards.iter_mut().min_by_key(|(location, shard)| {
            let expected_ppm = u64::from(shard.load.ticks_ppm) + u64::from(shard.placed) * room_ppm;
            (expected_ppm, shard.placed, **location)
        })?;
        shard.placed += 1;
        Some(*location)
    }

    fn room_ppm(&self) -> u64 {
        room_ppm(self.shards.values().map(|shard| shard.load))
    }
}

/// What one room is expected to cost: the mean over all shards.
pub(crate) fn room_ppm(loads: impl Iterator<Item = Load>) -> u64 {
    let (ticks_ppm, rooms) = loads.fold((0, 0), |(ticks_ppm, rooms), load| {
        let ticks_ppm: u64 = ticks_ppm + u64::from(load.ticks_ppm);
        let rooms: u64 = rooms + u64::from(load.rooms);
        (ticks_ppm, rooms)
    });
    (ticks_ppm / rooms.max(1)).max(ROOM_LOAD_MIN_PPM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use downbeat_schemas::id::{NodeId, ShardId};

    fn shard(id: u16) -> Location {
        Location {
            node: NodeId(1),
            shard: ShardId(id),
        }
    }

    /// Places rooms on shards with loads of (ticks_ppm, rooms).
    fn check(loads: &[(u32, u32)], expected: &[u16]) {
        let mut placement = Placement::default();
        for (id, &(ticks_ppm, rooms)) in loads.iter().enumerate() {
            placement.report(shard(id as u16), Load { ticks_ppm, rooms });
        }
        let placed: Vec<u16> = (0..expected.len())
            .map(|_| placement.place().unwrap().shard.0)
            .collect();
        assert_eq!(placed, expected, "{loads:?}");
    }

    #[test]
    fn idle_shards_take_turns() {
        check(&[(0, 0), (0, 0), (0, 0)], &[0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn a_burst_fills_the_least_loaded_first_and_then_spreads() {
        check(&[(50_000, 5), (20_000, 5)], &[1, 1, 1, 0, 1, 0, 1]);
        // Heavy rooms: each placed one counts as much as those that run, 100,000 ppm.
        check(&[(300_000, 3), (0, 0)], &[1, 1, 1, 0, 1]);
    }

    #[test]
    fn load_counts_and_not_the_number_of_rooms() {
        check(&[(90_000, 1), (10_000, 100)], &[1, 1, 1]);
    }

    #[test]
    fn a_report_replaces_the_guess() {
        let mut placement = Placement::default();
        assert_eq!(placement.place(), None);
        placement.report(shard(0), Load::IDLE);
        placement.report(shard(1), Load::IDLE);
        assert_eq!(placement.place(), Some(shard(0)));
        placement.report(shard(0), Load::IDLE);
        assert_eq!(placement.place(), Some(shard(0)));
        assert_eq!(placement.place(), Some(shard(1)));
    }

    #[test]
    fn load_is_the_share_of_the_time_that_passed() {
        let load = Load::new(Duration::from_millis(250), Duration::from_secs(1), 4);
        assert_eq!((load.ticks_ppm, load.rooms), (250_000, 4));
        assert_eq!(
            Load::new(Duration::MAX, Duration::ZERO, 1).ticks_ppm,
            u32::MAX
        );
    }
}
