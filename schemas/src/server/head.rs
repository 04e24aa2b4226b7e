//! The fixed bytes in front of packed rows.

use flatbuffers::{FlatBufferBuilder, Table};

use super::{ServerMessage, Stamp, wire};

/// Which message the rows are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowsKind {
    /// Everything: the client forgets what it knew.
    Snapshot,
    /// What changed.
    Patch,
}

/// A `ServerMessage` up to its rows, the last bytes of the message.
///
/// FlatBuffers places tables freely, so the rows can come last and be copied behind a head whose
/// only changing bytes are the stamp and the length. Made once, then written per client.
#[derive(Clone, Debug)]
pub struct RowsHead {
    template: Vec<u8>,
    stamp_at: usize,
}

/// The length of the rows, the last four bytes of the head.
const LEN_BYTES: usize = size_of::<u32>();

impl RowsHead {
    /// A head for messages of `kind`.
    pub fn new(kind: RowsKind) -> Self {
        let (stamp, rows) = (Stamp::default(), &[][..]);
        let message = match kind {
            RowsKind::Snapshot => ServerMessage::Snapshot { stamp, rows },
            RowsKind::Patch => ServerMessage::Patch { stamp, rows },
        };
        // The builder works from the end: rows, made first, end the message.
        let mut fbb = FlatBufferBuilder::new();
        let template = message.encode(&mut fbb).to_vec();
        let stamp_at = find_stamp(&template).expect("the builder wrote a stamp");
        Self { template, stamp_at }
    }

    /// Bytes of a head.
    #[allow(clippy::len_without_is_empty, reason = "a head is never empty")]
    pub const fn len(&self) -> usize {
        self.template.len()
    }

    /// Appends the head of a message whose rows have `rows_len` bytes; the rows are to follow.
    ///
    /// # Panics
    /// If `rows_len` is over 4 GiB, far beyond any limit.
    pub fn write(&self, out: &mut Vec<u8>, stamp: Stamp, rows_len: usize) {
        let rows_len = u32::try_from(rows_len).expect("rows are bounded by patch_bytes_max");
        let start = out.len();
        out.extend_from_slice(&self.template);
        let head = &mut out[start..];
        head[self.stamp_at..][..size_of::<wire::Stamp>()].copy_from_slice(&stamp.wire().0);
        let len_at = self.template.len() - LEN_BYTES;
        head[len_at..].copy_from_slice(&rows_len.to_le_bytes());
    }
}

/// Where the stamp of an encoded Snapshot or Patch lies.
fn find_stamp(message: &[u8]) -> Option<usize> {
    let root = wire::root_as_server_message(message).ok()?;
    let table: Table<'_> = match root.body_type() {
        wire::ServerBody::Snapshot => root.body_as_snapshot()?._tab,
        _ => root.body_as_patch()?._tab,
    };
    let field = usize::from(table.vtable().get(wire::Patch::VT_STAMP));
    Some(table.loc() + field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_with_rows_behind_it_is_a_message() {
        let rows = [1, 2, 3, 4, 5, 6, 7];
        let stamp = Stamp {
            server_time_us: 123_456_789_012,
            tick: 77,
            acked_input: 99,
        };
        for kind in [RowsKind::Snapshot, RowsKind::Patch] {
            for len in 0..rows.len() {
                let rows = &rows[..len];
                let mut bytes = Vec::new();
                RowsHead::new(kind).write(&mut bytes, stamp, len);
                bytes.extend_from_slice(rows);
                let expected = match kind {
                    RowsKind::Snapshot => ServerMessage::Snapshot { stamp, rows },
                    RowsKind::Patch => ServerMessage::Patch { stamp, rows },
                };
                assert_eq!(ServerMessage::decode(&bytes), Ok(expected));
            }
        }
    }

    #[test]
    fn a_head_is_lean() {
        // A client that watches nine groups pays this once, not nine times.
        assert!(RowsHead::new(RowsKind::Patch).len() <= 64);
    }
}
