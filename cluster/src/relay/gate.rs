//! Which rows a client may get.

use downbeat_schemas::server::{MessageKind, RowsKind};

/// Keeps patches from a client that lacks what they change.
///
/// Frames are on their way while a client falls behind or its edge lacks some: what arrives then
/// was composed for a client that knows more. A snapshot opens the gate again, and any snapshot
/// will do: the patches behind it, up to the next one, are of one piece with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Everything passes.
    #[default]
    Open,
    /// Patches are dropped; the next snapshot passes and opens.
    AwaitsSnapshot,
    /// The client reads too slowly: neither snapshots nor patches pass until it has caught up.
    Shut,
}

impl Gate {
    /// The client reads too slowly.
    pub const fn pause(&mut self) {
        *self = Self::Shut;
    }

    /// The client has caught up.
    pub const fn resync(&mut self) {
        *self = Self::AwaitsSnapshot;
    }

    /// Something that was for the client is gone.
    pub const fn lose(&mut self) {
        if matches!(self, Self::Open) {
            *self = Self::AwaitsSnapshot;
        }
    }

    /// Whether a message of this kind passes. Events always do, as they do for a slow reader
    /// without an edge.
    pub const fn passes(&mut self, kind: MessageKind) -> bool {
        match (*self, kind) {
            (Self::Open, _) | (_, MessageKind::Welcome | MessageKind::Other) => true,
            (Self::AwaitsSnapshot, MessageKind::Rows(RowsKind::Snapshot)) => {
                *self = Self::Open;
                true
            }
            (Self::AwaitsSnapshot | Self::Shut, MessageKind::Rows(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: MessageKind = MessageKind::Rows(RowsKind::Snapshot);
    const PATCH: MessageKind = MessageKind::Rows(RowsKind::Patch);
    const EVENT: MessageKind = MessageKind::Other;

    fn passed(gate: &mut Gate, kinds: &[MessageKind]) -> Vec<bool> {
        kinds.iter().map(|kind| gate.passes(*kind)).collect()
    }

    #[test]
    fn who_lost_something_gets_no_patch_before_a_snapshot() {
        let mut gate = Gate::default();
        assert_eq!(passed(&mut gate, &[PATCH, EVENT]), [true, true]);
        gate.lose();
        let kinds = [PATCH, EVENT, SNAPSHOT, PATCH];
        assert_eq!(passed(&mut gate, &kinds), [false, true, true, true]);
    }

    #[test]
    fn a_snapshot_that_a_slow_reader_cannot_take_does_not_open() {
        let mut gate = Gate::default();
        gate.pause();
        assert_eq!(passed(&mut gate, &[SNAPSHOT, PATCH]), [false, false]);
        gate.lose();
        assert_eq!(passed(&mut gate, &[SNAPSHOT, EVENT]), [false, true]);
        gate.resync();
        assert_eq!(
            passed(&mut gate, &[PATCH, SNAPSHOT, PATCH]),
            [false, true, true]
        );
    }
}
