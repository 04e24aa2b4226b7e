//! What happened that should be rare, for metrics.

/// Counts of a room's owner since they were last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnerCounters {
    /// Frames with something to say.
    pub frames: u64,
    /// Frames with nothing but acknowledgements, or to show that the owner lives.
    pub bare_frames: u64,
    /// Frames that were published again because an edge lacked them.
    pub frames_resent: u64,
    /// Frames that went although an edge lacked them: a limit of the ring.
    pub frames_lost: u64,
    /// Of these, the ones that `relay_ring_frames_max` drove out; `relay_ring_bytes_max` did the rest.
    pub frames_too_many: u64,
    /// Entries of edges that came again and were dropped.
    pub duplicates: u64,
    /// Letters that came before an earlier one and were refused.
    pub gaps: u64,
    /// Letters to a former owner that were dropped.
    pub stale_epochs: u64,
    /// Strands that lacked frames which were gone: their clients got snapshots.
    pub restarts: u64,
    /// Clients that got a snapshot because of it.
    pub resyncs: u64,
    /// Events that their clients never got because of it.
    pub events_lost: u64,
    /// Strands that were given up because they were silent.
    pub silent_strands: u64,
    /// Strands that were given up because what must not be lost grew over `relay_ring_bytes_max`.
    pub strands_over_bytes: u64,
    /// Strands that were refused: `relay_strands_max`.
    pub strands_refused: u64,
}

/// Counts of a strand since they were last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeCounters {
    /// Letters that were sent.
    pub letters: u64,
    /// Entries that were sent again.
    pub entries_resent: u64,
    /// Entries that no owner acknowledged before the next one took the room.
    pub entries_lost: u64,
    /// Times that so much waited that its clients' sockets were not read: `relay_bytes_max`.
    pub fulls: u64,
    /// Messages that were refused because a shard went on reading: twice `relay_bytes_max`.
    pub messages_refused: u64,
    /// Clients that were refused for the same reason.
    pub connects_refused: u64,
    /// Frames that came again and were dropped.
    pub duplicates: u64,
    /// Frames that came before an earlier one.
    pub gaps: u64,
    /// Frames that came too early for `relay_reorder_bytes_max`.
    pub frames_refused: u64,
    /// Frames of a former owner that were dropped.
    pub stale_epochs: u64,
    /// Times the owner told it to begin behind frames that were gone.
    pub restarts: u64,
    /// Snapshots and patches that were dropped because their client waited for a fresh snapshot.
    pub rows_withheld: u64,
    /// Times that another node took the room.
    pub owners: u64,
}

impl OwnerCounters {
    /// Adds counts.
    pub fn add(&mut self, more: Self) {
        self.frames += more.frames;
        self.bare_frames += more.bare_frames;
        self.frames_resent += more.frames_resent;
        self.frames_lost += more.frames_lost;
        self.frames_too_many += more.frames_too_many;
        self.duplicates += more.duplicates;
        self.gaps += more.gaps;
        self.stale_epochs += more.stale_epochs;
        self.restarts += more.restarts;
        self.resyncs += more.resyncs;
        self.events_lost += more.events_lost;
        self.silent_strands += more.silent_strands;
        self.strands_over_bytes += more.strands_over_bytes;
        self.strands_refused += more.strands_refused;
    }

    /// The counts, which begin at zero again.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl EdgeCounters {
    /// Adds counts.
    pub fn add(&mut self, more: Self) {
        self.letters += more.letters;
        self.entries_resent += more.entries_resent;
        self.entries_lost += more.entries_lost;
        self.fulls += more.fulls;
        self.messages_refused += more.messages_refused;
        self.connects_refused += more.connects_refused;
        self.duplicates += more.duplicates;
        self.gaps += more.gaps;
        self.frames_refused += more.frames_refused;
        self.stale_epochs += more.stale_epochs;
        self.restarts += more.restarts;
        self.rows_withheld += more.rows_withheld;
        self.owners += more.owners;
    }

    /// The counts, which begin at zero again.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}
