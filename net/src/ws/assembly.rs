//! A message that arrives in several reads or fragments.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame::{FRAME_HEAD_MAX, apply_mask};
use super::incoming::Whole;
use super::violation::Violation;
use crate::read_buffer::{Place, ReadBuffer};

/// What a reader keeps while something is incomplete. Boxed: most connections have none.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// The first bytes of a frame head that is cut by the end of a read.
    pub(super) head: CutHead,
    /// The frame whose payload is arriving.
    pub(super) frame: Option<OpenFrame>,
    /// The data message whose fragments are arriving.
    pub(super) message: Option<OpenMessage>,
    /// The payload of an arriving control frame, which may stand between fragments.
    pub(super) control: Vec<u8>,
}

impl Assembly {
    pub(super) const fn is_empty(&self) -> bool {
        self.head.len == 0 && self.frame.is_none() && self.message.is_none()
    }

    /// Hands out the control frame if `frame` ended.
    pub(super) fn finish_control(
        &mut self,
        frame: OpenFrame,
        read: &mut ReadBuffer,
    ) -> Option<Whole> {
        if !self.close_frame(frame) {
            return None;
        }
        read.assembled = std::mem::take(&mut self.control);
        Some(Whole {
            opcode: frame.opcode,
            place: Place::Assembled,
        })
    }

    /// Hands out the message if `frame` ended and was its last.
    pub(super) fn finish_data(&mut self, frame: OpenFrame, read: &mut ReadBuffer) -> Option<Whole> {
        if !self.close_frame(frame) || !frame.is_final {
            return None;
        }
        let message = self.message.take()?;
        read.assembled = message.bytes;
        Some(Whole {
            opcode: message.opcode,
            place: Place::Assembled,
        })
    }

    /// Keeps `frame` open unless all of it has come.
    fn close_frame(&mut self, frame: OpenFrame) -> bool {
        let is_ended = frame.remaining_bytes == 0;
        self.frame = (!is_ended).then_some(frame);
        is_ended
    }
}

/// Collects a frame head byte by byte.
#[derive(Debug, Default)]
pub(super) struct CutHead {
    bytes: [u8; FRAME_HEAD_MAX],
    len: usize,
}

impl CutHead {
    /// The kept bytes and as many of `more` as a head can need.
    pub(super) fn with(&self, more: &[u8]) -> ([u8; FRAME_HEAD_MAX], usize) {
        let mut bytes = self.bytes;
        let take = more.len().min(FRAME_HEAD_MAX - self.len);
        bytes[self.len..self.len + take].copy_from_slice(&more[..take]);
        (bytes, self.len + take)
    }

    pub(super) fn keep(&mut self, bytes: [u8; FRAME_HEAD_MAX], len: usize) {
        assert!(len < FRAME_HEAD_MAX, "a whole head is not cut");
        (self.bytes, self.len) = (bytes, len);
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}

/// A frame between its head and the end of its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenFrame {
    pub(super) opcode: OpCode,
    pub(super) is_final: bool,
    /// The mask, turned so that its first byte belongs to the next byte of the payload.
    pub(super) mask: Option<[u8; 4]>,
    pub(super) remaining_bytes: usize,
}

impl OpenFrame {
    /// Appends `payload`, which is the next part of this frame, unmasked.
    pub(super) fn append(&mut self, payload: &[u8], target: &mut Vec<u8>) {
        let start = target.len();
        target.extend_from_slice(payload);
        if let Some(mask) = &mut self.mask {
            apply_mask(&mut target[start..], *mask);
            mask.rotate_left(payload.len() % 4);
        }
        self.remaining_bytes -= payload.len();
    }
}

/// A data message whose last fragment has not come.
#[derive(Debug)]
pub(super) struct OpenMessage {
    opcode: OpCode,
    pub(super) bytes: Vec<u8>,
    /// Text up to here is known to be UTF-8; at most a cut letter follows.
    checked_bytes: usize,
}

impl OpenMessage {
    pub(super) const fn new(opcode: OpCode) -> Self {
        Self {
            opcode,
            bytes: Vec::new(),
            checked_bytes: 0,
        }
    }

    /// Checks the text that came since the last call, so that a fault shows at once and no byte
    /// but a cut letter's is looked at twice.
    pub(super) fn check_text(&mut self, is_whole: bool) -> Result<(), Violation> {
        if self.opcode != OpCode::Data(Data::Text) {
            return Ok(());
        }
        match std::str::from_utf8(&self.bytes[self.checked_bytes..]) {
            Ok(text) => self.checked_bytes += text.len(),
            Err(error) if error.error_len().is_none() && !is_whole => {
                self.checked_bytes += error.valid_up_to();
            }
            Err(_) => return Err(Violation::InvalidText),
        }
        Ok(())
    }
}
