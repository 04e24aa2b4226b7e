//! Chunks as shared bytes.

use bytes::{Bytes, BytesMut};
use downbeat_schemas::id::GroupId;

use super::{Dialect, Native};
use crate::change::ChangeSet;
use crate::state::Replicate;

/// Packs the chunks of a patch side by side into one buffer. Its memory is used again for the next
/// patch once all its slices are dropped.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    dialect: Native,
    chunk: Vec<u8>,
    buffer: BytesMut,
    /// Bytes of the current patch so far.
    packed: usize,
}

impl Packer {
    /// Begins a patch, when the chunks of the former one are no longer needed here.
    pub(crate) fn begin_patch(&mut self) {
        // Patches are much alike: half as much again makes do without a second buffer.
        self.buffer.reserve(self.packed + self.packed / 2);
        self.packed = 0;
    }

    /// What a group says. `changes` are sorted.
    pub(crate) fn changes(
        &mut self,
        group: GroupId,
        changes: &ChangeSet,
        state: &dyn Replicate,
    ) -> Bytes {
        self.chunk.clear();
        self.dialect
            .put_changes(&mut self.chunk, group, changes, state);
        self.share()
    }

    /// That a group is no longer seen.
    pub(crate) fn forget(&mut self, group: GroupId) -> Bytes {
        self.chunk.clear();
        self.dialect.put_forget(&mut self.chunk, group);
        self.share()
    }

    fn share(&mut self) -> Bytes {
        self.packed += self.chunk.len();
        self.buffer.extend_from_slice(&self.chunk);
        self.buffer.split().freeze()
    }
}
