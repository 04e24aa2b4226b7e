//! What must be true of a world, and what happened in it.

use super::world::{CLIENTS_MAX, World};

impl World {
    /// Nothing holds more than its limits say.
    pub(crate) fn check_bounds(&mut self) {
        let limits = &self.limits;
        for edge in &self.edges {
            let Some(strand) = &edge.strand else {
                continue;
            };
            // Entries that cannot wait: at most a few small ones per client; and one frame.
            let slack = 40 * CLIENTS_MAX as u64 * 8 + limits.relay_frame_bytes_max + 4_096;
            let max = limits.relay_bytes_max + limits.relay_reorder_bytes_max + slack;
            let waiting = strand.waiting_bytes() as u64;
            if waiting > max {
                self.log.wrong(format!("{waiting} bytes wait at an edge"));
            }
        }
        for owner in &self.owners {
            let edges = self.edges.len() as u64;
            let kept = owner.hub.kept_bytes() as u64;
            if kept > limits.relay_ring_bytes_max * (1 + edges) {
                self.log.wrong(format!("{kept} bytes wait at an owner"));
            }
        }
    }

    /// All agree, and nothing waits.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        let (missed, counted) = (self.log.events_missed, self.events_lost);
        if missed > counted {
            return Err(format!("{missed} events missed, {counted} counted"));
        }
        let Some(owner) = self.owners.last() else {
            return Ok(());
        };
        let mut sitting = owner.sitting();
        for edge in &self.edges {
            for client in edge.clients.values() {
                let session = client.session;
                let Some(version) = sitting.remove(&session) else {
                    return Err(format!("{session} has no seat"));
                };
                if version != client.version {
                    let sees = client.version;
                    return Err(format!("{session} sees {sees:?}, not {version:?}"));
                }
                let (sent, received) = (client.sent, owner.received.get(&session));
                if received != Some(&sent) {
                    return Err(format!("{session} sent {sent}, received {received:?}"));
                }
                let unheard = self.log.unheard_events(owner.epoch(), session);
                if unheard > 0 {
                    return Err(format!("{session} did not hear {unheard} messages"));
                }
            }
            let waiting = edge
                .strand
                .as_ref()
                .map_or(0, |strand| strand.waiting_bytes());
            if waiting > 0 {
                return Err(format!("{waiting} bytes wait at an edge"));
            }
        }
        if !sitting.is_empty() {
            return Err(format!("seats without a client: {sitting:?}"));
        }
        match owner.hub.kept_bytes() {
            0 => Ok(()),
            kept => Err(format!("{kept} bytes wait at the owner")),
        }
    }

    /// What the faults did, over all edges.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for edge in &self.edges {
            tally.restarts += edge.counters.restarts;
            tally.entries_resent += edge.counters.entries_resent;
            tally.stale_epochs += edge.counters.stale_epochs;
            tally.duplicates += edge.counters.duplicates;
            tally.gaps += edge.counters.gaps;
            tally.owners += edge.counters.owners;
            tally.rows_withheld += edge.counters.rows_withheld;
            tally.forgotten += edge.forgotten;
        }
        tally.heard = self.log.heard;
        tally
    }
}

/// What happened in a run: a simulation in which nothing does proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) heard: u64,
    pub(crate) restarts: u64,
    pub(crate) entries_resent: u64,
    pub(crate) stale_epochs: u64,
    pub(crate) duplicates: u64,
    pub(crate) gaps: u64,
    pub(crate) owners: u64,
    pub(crate) rows_withheld: u64,
    pub(crate) forgotten: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.heard += other.heard;
        self.restarts += other.restarts;
        self.entries_resent += other.entries_resent;
        self.stale_epochs += other.stale_epochs;
        self.duplicates += other.duplicates;
        self.gaps += other.gaps;
        self.owners += other.owners;
        self.rows_withheld += other.rows_withheld;
        self.forgotten += other.forgotten;
    }
}
