//! What a reader hands out.

use tungstenite::protocol::frame::coding::{CloseCode as WireCode, Control, Data, OpCode};

use super::violation::Violation;
use crate::read_buffer::{Place, ReadBuffer};

/// One message or control frame; borrows from the [`ReadBuffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming<'b> {
    /// A binary message, all its fragments together.
    Binary(&'b [u8]),
    /// A text message, all its fragments together.
    Text(&'b str),
    /// Asks for a pong with the same payload.
    Ping(&'b [u8]),
    /// Answers a ping, or was sent unasked.
    Pong(&'b [u8]),
    /// The peer ends the connection. What comes after it is ignored.
    Close {
        /// The code, if there is one.
        code: Option<u16>,
        /// Why, for people.
        reason: &'b str,
    },
}

impl<'b> Incoming<'b> {
    /// The bytes; of a close frame, those of its reason.
    pub const fn payload(self) -> &'b [u8] {
        match self {
            Self::Binary(payload) | Self::Ping(payload) | Self::Pong(payload) => payload,
            Self::Text(text) | Self::Close { reason: text, .. } => text.as_bytes(),
        }
    }
}

/// A message or control frame that is complete: what it is and where its bytes lie.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(super) opcode: OpCode,
    pub(super) place: Place,
}

impl Whole {
    pub(crate) const fn is_control(&self) -> bool {
        matches!(self.opcode, OpCode::Control(_))
    }

    pub(super) fn is_close(&self) -> bool {
        self.opcode == OpCode::Control(Control::Close)
    }

    /// The payload where it lies.
    pub(crate) fn view(self, read: &ReadBuffer) -> Result<Incoming<'_>, Violation> {
        let payload = read.at(self.place);
        match self.opcode {
            OpCode::Data(Data::Text) => std::str::from_utf8(payload)
                .map(Incoming::Text)
                .map_err(|_| Violation::InvalidText),
            OpCode::Control(Control::Ping) => Ok(Incoming::Ping(payload)),
            OpCode::Control(Control::Pong) => Ok(Incoming::Pong(payload)),
            OpCode::Control(_) => view_close(payload),
            OpCode::Data(_) => Ok(Incoming::Binary(payload)),
        }
    }
}

fn view_close(payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(Incoming::Close {
                code: None,
                reason: "",
            }),
            _ => Err(Violation::CloseCodeCut),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !WireCode::from(code).is_allowed() {
        return Err(Violation::CloseCodeInvalid(code));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| Violation::CloseReasonInvalid)?;
    Ok(Incoming::Close {
        code: Some(code),
        reason,
    })
}
