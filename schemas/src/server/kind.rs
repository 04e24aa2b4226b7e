//! What a message is, without reading it whole.

use super::RowsKind;
use crate::generated::server::downbeat::wire;

/// What a message to a client does to its picture of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// The first message of a connection.
    Welcome,
    /// Rows: a snapshot, or a patch of what the client knows.
    Rows(RowsKind),
    /// Stands for itself: an event, a pong, or something newer than this code.
    Other,
}

impl MessageKind {
    /// Looks at the start of an encoded message: all of it, or its first part. Reads the union's
    /// tag and nothing else: bytes that are no message are [`MessageKind::Other`].
    pub fn peek(start: &[u8]) -> Self {
        match body_type(start).map(wire::ServerBody) {
            Some(wire::ServerBody::Welcome) => Self::Welcome,
            Some(wire::ServerBody::Snapshot) => Self::Rows(RowsKind::Snapshot),
            Some(wire::ServerBody::Patch) => Self::Rows(RowsKind::Patch),
            _ => Self::Other,
        }
    }
}

/// Root offset, vtable, field: the three steps of a FlatBuffer to a field of its root table.
fn body_type(bytes: &[u8]) -> Option<u8> {
    const FIELD: usize = wire::ServerMessage::VT_BODY_TYPE as usize;
    let root = u32::from_le_bytes(array(bytes, 0)?) as usize;
    let to_vtable = i32::from_le_bytes(array(bytes, root)?);
    let vtable = i64::try_from(root).ok()? - i64::from(to_vtable);
    let vtable = usize::try_from(vtable).ok()?;
    let vtable_len = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
    if vtable_len < FIELD + size_of::<u16>() {
        return None;
    }
    let field = usize::from(u16::from_le_bytes(array(bytes, vtable + FIELD)?));
    let is_there = field != 0;
    let [body_type] = array(bytes, root + field)?;
    is_there.then_some(body_type)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use flatbuffers::FlatBufferBuilder;

    use super::super::{RowsHead, ServerMessage, Stamp};
    use super::*;

    const WELCOME: &[u8] = include_bytes!("../../golden/server-welcome.bin");

    fn encoded(message: &ServerMessage<'_>) -> Vec<u8> {
        message.encode(&mut FlatBufferBuilder::new()).to_vec()
    }

    #[test]
    fn every_message_shows_what_it_is() {
        let (stamp, rows) = (Stamp::default(), &[1, 2, 3][..]);
        let event = ServerMessage::Event {
            tick: 1,
            payload: b"boom",
        };
        let pong = ServerMessage::Pong {
            client_time_us: 1,
            server_time_us: 2,
        };
        let kinds = [
            (WELCOME.to_vec(), MessageKind::Welcome),
            (
                encoded(&ServerMessage::Snapshot { stamp, rows }),
                MessageKind::Rows(RowsKind::Snapshot),
            ),
            (
                encoded(&ServerMessage::Patch { stamp, rows }),
                MessageKind::Rows(RowsKind::Patch),
            ),
            (encoded(&event), MessageKind::Other),
            (encoded(&pong), MessageKind::Other),
        ];
        for (bytes, kind) in kinds {
            assert_eq!(MessageKind::peek(&bytes), kind);
        }
    }

    #[test]
    fn the_head_of_rows_is_enough() {
        for kind in [RowsKind::Snapshot, RowsKind::Patch] {
            let mut head = Vec::new();
            RowsHead::new(kind).write(&mut head, Stamp::default(), 1_000);
            assert_eq!(MessageKind::peek(&head), MessageKind::Rows(kind));
        }
    }

    #[test]
    fn what_is_no_message_is_no_kind_of_rows() {
        for len in 0..16 {
            for fill in [0, 1, 2, 0x7f, 0x80, 0xff] {
                assert_eq!(MessageKind::peek(&vec![fill; len]), MessageKind::Other);
            }
        }
    }
}
