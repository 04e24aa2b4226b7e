//! The packed rows inside a `Snapshot` or `Patch`.
//!
//! Column by column, so that what rows share is written once. A chunk is what one group says; it
//! is packed once and copied to each client that watches the group. All numbers are varints
//! (LEB128) unless they are values of a row.
//!
//! ```text
//! rows    = *chunk
//! chunk   = group size *section          size: bytes of the sections
//! section = head ...                     head: table * 4 + op
//!   op 0  update  mask count slots *column     a column for each bit of the mask, lowest first
//!   op 1  insert  count slots [keys] *column   a column for each field; keys unless a single row
//!   op 2  remove  count slots
//!   op 3  forget                               the group itself is no longer seen
//! slots   = first *gap                   ascending; gap: distance to the former slot, minus 1
//! column  = the values of one field, one for each slot
//! ```
//!
//! Rules for the reader:
//!
//! - An insert of a known slot replaces its row and moves it to this group.
//! - Removes and forgets take effect after all inserts and updates of the message, and only on rows
//!   that are then still in the chunk's group: a row that moves from one watched group to another
//!   is removed in one chunk and inserted in the other, in either order.
//! - A server does not give a slot to another row within one patch.

mod read;
mod write;

pub use read::{RowsError, Section, Sections, Value, read_value};
pub use write::{put_chunk, put_forget, put_head, put_slots, put_varint};

/// What a section does to its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Changes the fields of a mask.
    Update,
    /// Brings whole rows, new ones or such as moved here.
    Insert,
    /// Takes rows away from the group.
    Remove,
    /// Takes the whole group away.
    Forget,
}

impl Op {
    const fn bits(self) -> u64 {
        match self {
            Self::Update => 0,
            Self::Insert => 1,
            Self::Remove => 2,
            Self::Forget => 3,
        }
    }

    const fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::Update,
            1 => Self::Insert,
            2 => Self::Remove,
            _ => Self::Forget,
        }
    }
}
