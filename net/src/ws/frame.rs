//! Frames out: the head of a server's frame, whole frames of a client.

use std::ops::Deref;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::outbox::Part;

/// The longest head: two bytes, a 64-bit length, a mask.
pub const FRAME_HEAD_MAX: usize = 14;

/// A control frame carries at most this, RFC 6455 section 5.5.
pub(super) const CONTROL_BYTES_MAX: usize = 125;

/// The bytes in front of a frame's payload.
#[derive(Clone, Copy, Debug)]
pub struct FrameHead {
    bytes: [u8; FRAME_HEAD_MAX],
    len: u8,
}

impl Deref for FrameHead {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The head of a server's frame: final, not masked, with `payload_bytes` after it.
///
/// The payload may be any number of buffers, shared with other clients: nothing in it depends on
/// the connection.
pub fn frame_head(payload_bytes: usize, opcode: OpCode) -> FrameHead {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    head(&header, payload_bytes)
}

/// The head of a binary message of a server that consists of `parts`.
pub(crate) fn message_head(parts: &[Part<'_>]) -> FrameHead {
    let payload_bytes = parts.iter().map(|part| part.bytes().len()).sum();
    frame_head(payload_bytes, OpCode::Data(Data::Binary))
}

/// Appends a client's frame: final and masked, as RFC 6455 section 5.3 asks of clients.
pub fn encode_masked(frame: &mut Vec<u8>, opcode: OpCode, mask: [u8; 4], payload: &[u8]) {
    let header = FrameHeader {
        opcode,
        mask: Some(mask),
        ..FrameHeader::default()
    };
    frame.extend_from_slice(&head(&header, payload.len()));
    let start = frame.len();
    frame.extend_from_slice(payload);
    apply_mask(&mut frame[start..], mask);
}

/// The payload of a close frame. A reason that is too long is cut at a letter's end.
pub fn encode_close(code: u16, reason: &str) -> Vec<u8> {
    let room = CONTROL_BYTES_MAX - size_of::<u16>();
    let reason = &reason[..reason.floor_char_boundary(room)];
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// Writes the control frames that a server sends: never more than 127 bytes.
pub(crate) fn control_frame(control: Control, payload: &[u8]) -> Vec<u8> {
    assert!(
        payload.len() <= CONTROL_BYTES_MAX,
        "a control frame of {} bytes",
        payload.len()
    );
    let head = frame_head(payload.len(), OpCode::Control(control));
    [&head, payload].concat()
}

/// Masks or unmasks: the same operation, RFC 6455 section 5.3.
pub(super) fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

fn head(header: &FrameHeader, payload_bytes: usize) -> FrameHead {
    let mut bytes = [0; FRAME_HEAD_MAX];
    let mut room = &mut bytes[..];
    header
        .format(payload_bytes as u64, &mut room)
        .expect("no frame head is longer than FRAME_HEAD_MAX");
    let len = FRAME_HEAD_MAX - room.len();
    FrameHead {
        bytes,
        len: len as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_head(payload_bytes: usize, expected: &[u8]) {
        let head = frame_head(payload_bytes, OpCode::Data(Data::Binary));
        assert_eq!(&head[..], expected, "{payload_bytes}");
    }

    #[test]
    fn a_head_has_the_shortest_length_that_fits() {
        check_head(0, &[0x82, 0]);
        check_head(125, &[0x82, 125]);
        check_head(126, &[0x82, 126, 0, 126]);
        check_head(65_535, &[0x82, 126, 0xff, 0xff]);
        check_head(65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn the_rfc_example_is_masked_as_there() {
        let mut frame = Vec::new();
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        encode_masked(&mut frame, OpCode::Data(Data::Text), mask, b"Hello");
        let rfc = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(frame, rfc);
    }

    #[test]
    fn a_mask_is_applied_byte_for_byte_at_each_length() {
        let mask = [1, 2, 4, 8];
        for len in 0..40usize {
            let mut bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
            apply_mask(&mut bytes, mask);
            let expected: Vec<u8> = (0..len).map(|n| n as u8 ^ mask[n % 4]).collect();
            assert_eq!(bytes, expected);
        }
    }

    #[test]
    fn a_long_close_reason_is_cut_at_a_letter() {
        assert_eq!(encode_close(1000, ""), [0x03, 0xe8]);
        let payload = encode_close(4004, &"é".repeat(100));
        assert_eq!(payload.len(), 124);
        assert!(std::str::from_utf8(&payload[2..]).is_ok());
    }
}
