//! Publish/subscribe as it may be: loses, doubles, delays and so reorders, falls silent.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use downbeat_schemas::id::Epoch;
use downbeat_schemas::time::Timestamp;

use super::random::Random;

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum To {
    Edge(usize),
    /// The inbox of the node that owned the room in this epoch, from this edge.
    Owner(Epoch, usize),
}

/// How bad it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) lost_per_mille: u64,
    pub(crate) doubled_per_mille: u64,
    pub(crate) delay_ms_max: u64,
    /// One step in so many begins a silence of one direction of one edge, or of all.
    pub(crate) silence_one_in: u64,
    pub(crate) silence_ms_max: u64,
}

impl Faults {
    pub(crate) const NONE: Self = Self {
        lost_per_mille: 0,
        doubled_per_mille: 0,
        delay_ms_max: 1,
        silence_one_in: u64::MAX,
        silence_ms_max: 1,
    };

    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            lost_per_mille: [0, 5, 50, 200][random.below(4) as usize],
            doubled_per_mille: [0, 10, 100, 400][random.below(4) as usize],
            delay_ms_max: [1, 10, 60, 250][random.below(4) as usize],
            silence_one_in: [u64::MAX, 200, 50][random.below(3) as usize],
            silence_ms_max: [100, 400, 2_500][random.below(3) as usize],
        }
    }
}

pub(crate) struct Network {
    pub(crate) faults: Faults,
    packets: BTreeMap<(Timestamp, u64), (To, Bytes)>,
    count: u64,
    /// Until when a direction of an edge is silent.
    silent: BTreeMap<(bool, usize), Timestamp>,
}

impl Network {
    pub(crate) const fn new(faults: Faults) -> Self {
        Self {
            faults,
            packets: BTreeMap::new(),
            count: 0,
            silent: BTreeMap::new(),
        }
    }

    pub(crate) fn send(&mut self, now: Timestamp, random: &mut Random, to: To, bytes: &Bytes) {
        if self.is_silent(now, to) {
            return;
        }
        loop {
            if !random.per_mille(self.faults.lost_per_mille) {
                let delay = Duration::from_millis(1 + random.below(self.faults.delay_ms_max));
                self.count += 1;
                let key = (now.after(delay), self.count);
                self.packets.insert(key, (to, bytes.clone()));
            }
            if !random.per_mille(self.faults.doubled_per_mille) {
                return;
            }
        }
    }

    /// The next packet that has arrived.
    pub(crate) fn receive(&mut self, now: Timestamp) -> Option<(To, Bytes)> {
        let first = self.packets.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// A channel goes dead now and then, for one edge or for all.
    pub(crate) fn fall_silent(&mut self, now: Timestamp, random: &mut Random, edges: usize) {
        if !random.one_in(self.faults.silence_one_in) {
            return;
        }
        let length = Duration::from_millis(1 + random.below(self.faults.silence_ms_max));
        let is_up = random.one_in(2);
        let one = random.below(2 * edges as u64) as usize;
        for edge in (0..edges).filter(|edge| one >= edges || *edge == one) {
            self.silent.insert((is_up, edge), now.after(length));
        }
    }

    pub(crate) fn heal(&mut self) {
        self.faults = Faults::NONE;
        self.silent.clear();
    }

    fn is_silent(&self, now: Timestamp, to: To) -> bool {
        let direction = match to {
            To::Edge(edge) => (false, edge),
            To::Owner(_, edge) => (true, edge),
        };
        self.silent
            .get(&direction)
            .is_some_and(|until| now < *until)
    }
}
