//! A frame head that has come whole, and the rules that need nothing but it.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

use super::assembly::OpenFrame;
use super::frame::CONTROL_BYTES_MAX;
use super::role::Role;
use super::violation::Violation;

/// A frame head as it came.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) header: FrameHeader,
    pub(super) payload_bytes: u64,
    /// The length of the head itself.
    pub(super) bytes: usize,
}

impl Head {
    /// Reads the head at the start of `bytes`; `None` if it is cut.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let mut cursor = Cursor::new(bytes);
        match FrameHeader::parse(&mut cursor) {
            Ok(parsed) => Ok(parsed.map(|(header, payload_bytes)| Self {
                header,
                payload_bytes,
                bytes: cursor.position() as usize,
            })),
            // The one thing that tungstenite refuses in a head.
            Err(_) => Err(Violation::ReservedOpcode(bytes[0] & 0x0f)),
        }
    }

    /// RFC 6455 sections 5.1, 5.2 and 5.5, as far as one head can break them.
    pub(super) fn check(&self, reader: Role) -> Result<(), Violation> {
        let header = &self.header;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Violation::ReservedBits);
        }
        if matches!(header.opcode, OpCode::Control(_)) {
            self.check_control()?;
        }
        match (reader, header.mask) {
            (Role::Server, None) => return Err(Violation::NotMasked),
            (Role::Client, Some(_)) => return Err(Violation::Masked),
            _ => {}
        }
        if self.payload_bytes >> 63 == 1 {
            return Err(Violation::LengthOverflow);
        }
        if self.bytes != header.len(self.payload_bytes) {
            return Err(Violation::LengthNotMinimal(self.payload_bytes));
        }
        Ok(())
    }

    fn check_control(&self) -> Result<(), Violation> {
        if !self.header.is_final {
            return Err(Violation::ControlFragmented);
        }
        if self.payload_bytes > CONTROL_BYTES_MAX as u64 {
            return Err(Violation::ControlTooLong(self.payload_bytes));
        }
        Ok(())
    }

    /// The frame before its first byte of payload.
    pub(super) const fn open(&self) -> OpenFrame {
        OpenFrame {
            opcode: self.header.opcode,
            is_final: self.header.is_final,
            mask: self.header.mask,
            remaining_bytes: self.payload_bytes as usize,
        }
    }
}
