//! How often limits were met.

/// Counts since they were last taken, named like the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitHits {
    /// Inserts that failed.
    pub rows_max: u64,
    /// Watches that failed for the viewer's own number.
    pub watches_max: u64,
    /// Watches that failed for the room's number of groups.
    pub groups_max: u64,
    /// Patches that became snapshots.
    pub patch_bytes_max: u64,
}
