//! Chunks as shared bytes.

use bytes::{Bytes, BytesMut};
use downbeat_schemas::id::GroupId;

use super::{Dialect, Native};
use crate::change::ChangeSet;
use crate::state::Replicate;

/// Packs the chunks of a patch side by side into one buffer, whose memory comes back when the
/// last of its slices was written out.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    dialect: Native,
    chunk: Vec<u8>,
    buffer: BytesMut,
}

/// Where a buffer starts; it grows with the patches.
const BUFFER_BYTES: usize = 1_024;

impl Packer {
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

    pub(crate) fn forget(&mut self, group: GroupId) -> Bytes {
        self.chunk.clear();
        self.dialect.put_forget(&mut self.chunk, group);
        self.share()
    }

    fn share(&mut self) -> Bytes {
        if self.buffer.capacity() < self.chunk.len() {
            self.buffer.reserve(self.chunk.len().max(BUFFER_BYTES));
        }
        self.buffer.extend_from_slice(&self.chunk);
        self.buffer.split().freeze()
    }
}
