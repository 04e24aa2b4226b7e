//! Change sets as bytes.

use downbeat_schemas::id::GroupId;

use crate::change::ChangeSet;
use crate::state::Replicate;

mod native;
mod packer;

pub use native::Native;
pub(crate) use native::Values;
pub(crate) use packer::Packer;

/// A wire format of rows. It reads the rows as they were last collected.
pub trait Dialect {
    /// Appends what `group` says. `changes` are sorted.
    fn put_changes(
        &mut self,
        out: &mut Vec<u8>,
        group: GroupId,
        changes: &ChangeSet,
        state: &dyn Replicate,
    );

    /// Appends that the rows of `group` are no longer seen.
    fn put_forget(&mut self, out: &mut Vec<u8>, group: GroupId);
}
