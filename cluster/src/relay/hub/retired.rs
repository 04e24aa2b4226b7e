//! Strands that were given up: a late letter must not bring one back.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_schemas::id::{NodeId, ShardId};
use downbeat_schemas::time::Timestamp;

use super::super::StrandId;
use super::super::bounds::Bounds;

/// The highest serial of each edge shard that was given up, for as long as letters may be late.
#[derive(Debug)]
pub(super) struct Retired {
    serials: BTreeMap<(NodeId, ShardId), (u32, Timestamp)>,
    memory: Duration,
    strands_max: usize,
}

impl Retired {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            serials: BTreeMap::new(),
            memory: bounds.silence * 10,
            strands_max: bounds.strands,
        }
    }

    pub(super) fn has(&self, strand: StrandId) -> bool {
        let serial = self.serials.get(&(strand.node, strand.shard));
        serial.is_some_and(|(serial, _)| strand.serial <= *serial)
    }

    pub(super) fn add(&mut self, now: Timestamp, strand: StrandId) {
        self.serials
            .retain(|_, (_, since)| now.since(*since) < self.memory);
        self.serials
            .insert((strand.node, strand.shard), (strand.serial, now));
        if self.serials.len() > self.strands_max {
            let oldest = self.serials.iter().min_by_key(|(_, (_, since))| *since);
            if let Some(edge) = oldest.map(|(edge, _)| *edge) {
                self.serials.remove(&edge);
            }
        }
    }
}
