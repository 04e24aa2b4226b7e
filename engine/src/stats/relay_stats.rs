//! What is counted of clients whose sockets another node holds.

use downbeat_cluster::relay::{EdgeCounters, OwnerCounters};

/// What a shard counted, as an edge and as an owner.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RelayStats {
    pub(crate) edge: EdgeCounters,
    pub(crate) owner: OwnerCounters,
    /// Letters and frames that could not be read.
    pub(crate) malformed: u64,
}

impl RelayStats {
    /// How often a limit of the relay was hit.
    pub(super) fn hits_of(&self, limit: &str) -> u64 {
        let Self { edge, owner, .. } = self;
        match limit {
            "relay_bytes_max" => edge.fulls + edge.messages_refused + edge.connects_refused,
            "relay_ring_bytes_max" => {
                owner.frames_lost - owner.frames_too_many + owner.strands_over_bytes
            }
            "relay_ring_frames_max" => owner.frames_too_many,
            "relay_reorder_bytes_max" => edge.frames_refused,
            "relay_strands_max" => owner.strands_refused,
            "relay_silence_ms" => owner.silent_strands,
            _ => 0,
        }
    }

    /// What came again and was dropped.
    pub(super) const fn duplicates(&self) -> u64 {
        self.owner.duplicates + self.edge.duplicates
    }

    /// What was dropped because it was to or from a former owner.
    pub(super) const fn stale_epochs(&self) -> u64 {
        self.owner.stale_epochs + self.edge.stale_epochs
    }

    pub(super) fn absorb(&mut self, since: &Self) {
        self.edge.add(since.edge);
        self.owner.add(since.owner);
        self.malformed += since.malformed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_relay_are_limits_and_each_is_counted() {
        let mut stats = RelayStats::default();
        stats.edge.messages_refused = 1;
        stats.edge.connects_refused = 2;
        stats.edge.fulls = 4;
        stats.edge.frames_refused = 8;
        stats.owner.frames_lost = 48;
        stats.owner.frames_too_many = 16;
        stats.owner.strands_over_bytes = 64;
        stats.owner.strands_refused = 128;
        stats.owner.silent_strands = 256;
        let limits = downbeat_schemas::limits::Limits::default();
        for (limit, hits) in [
            ("relay_bytes_max", 7),
            ("relay_reorder_bytes_max", 8),
            ("relay_ring_frames_max", 16),
            ("relay_ring_bytes_max", 96),
            ("relay_strands_max", 128),
            ("relay_silence_ms", 256),
            ("inbox_max", 0),
        ] {
            assert_eq!(stats.hits_of(limit), hits, "{limit}");
            assert!(limits.value(limit).is_some(), "{limit}");
        }
    }
}
