//! Messages in: RFC 6455 sections 5 to 8.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::assembly::{Assembly, OpenFrame, OpenMessage};
use super::frame::apply_mask;
use super::head::Head;
use super::incoming::{Incoming, Whole};
use super::role::Role;
use super::violation::Violation;
use crate::read_buffer::ReadBuffer;

/// Reads one side's frames.
///
/// A message that lies whole in the received bytes is unmasked in place and borrowed from there;
/// others are put together as they come, each byte copied once. Errors are final.
#[derive(Debug)]
pub struct Reader {
    role: Role,
    is_ended: bool,
    frame_count: u32,
    /// Something is incomplete.
    assembly: Option<Box<Assembly>>,
}

impl Reader {
    /// A reader at the first byte after the handshake.
    pub const fn new(role: Role) -> Self {
        Self {
            role,
            is_ended: false,
            frame_count: 0,
            assembly: None,
        }
    }

    /// Bytes that this reader keeps of something incomplete.
    pub fn held_bytes(&self) -> usize {
        self.assembly.as_ref().map_or(0, |assembly| {
            let message = assembly.message.as_ref().map_or(0, |m| m.bytes.len());
            assembly.head.len() + assembly.control.len() + message
        })
    }

    /// The next message; `None` once all bytes are consumed.
    ///
    /// # Errors
    /// [`Violation`], once: afterwards, as after a close frame, all bytes are ignored.
    pub fn next<'b>(
        &mut self,
        read: &'b mut ReadBuffer,
        frame_bytes_max: u64,
    ) -> Result<Option<Incoming<'b>>, Violation> {
        let Some(whole) = self.advance(read, frame_bytes_max)? else {
            return Ok(None);
        };
        let incoming = whole.view(read);
        self.is_ended |= incoming.is_err();
        incoming.map(Some)
    }

    /// Reads until a message is whole, and says where it lies. What follows a close frame or a
    /// violation is discarded.
    pub(crate) fn advance(
        &mut self,
        read: &mut ReadBuffer,
        frame_bytes_max: u64,
    ) -> Result<Option<Whole>, Violation> {
        if self.is_ended {
            read.discard();
            return Ok(None);
        }
        let result = self.frames(read, frame_bytes_max);
        self.is_ended = match &result {
            Ok(whole) => whole.as_ref().is_some_and(Whole::is_close),
            Err(_) => true,
        };
        if self.is_ended || self.assembly.as_ref().is_some_and(|a| a.is_empty()) {
            self.assembly = None;
        }
        result
    }

    /// Frame heads read since the last call, fragments and control frames included.
    pub(crate) fn take_frame_count(&mut self) -> u32 {
        std::mem::take(&mut self.frame_count)
    }

    fn frames(
        &mut self,
        read: &mut ReadBuffer,
        frame_bytes_max: u64,
    ) -> Result<Option<Whole>, Violation> {
        loop {
            let step = match self.open_frame() {
                Some(frame) => self.append(frame, read)?,
                None => match self.frame_head(read, frame_bytes_max)? {
                    Some(frame) if lies_whole(&frame, read) => Some(take_whole(&frame, read)),
                    Some(frame) => self.append(frame, read)?,
                    None => None,
                },
            };
            if step.is_some() || read.is_empty() {
                return Ok(step);
            }
        }
    }

    fn open_frame(&self) -> Option<OpenFrame> {
        self.assembly.as_ref().and_then(|assembly| assembly.frame)
    }

    /// Reads a frame head, or keeps its first bytes if the rest has not come.
    fn frame_head(
        &mut self,
        read: &mut ReadBuffer,
        frame_bytes_max: u64,
    ) -> Result<Option<OpenFrame>, Violation> {
        let unread = read.unread();
        let cut = self.assembly.as_ref().map_or(0, |a| a.head.len());
        let parsed = match &self.assembly {
            Some(assembly) if cut > 0 => {
                let (bytes, len) = assembly.head.with(unread);
                Head::parse(&bytes[..len])?
            }
            _ => Head::parse(unread)?,
        };
        let Some(head) = parsed else {
            self.keep_cut_head(read);
            return Ok(None);
        };
        read.consume(head.bytes - cut);
        if let Some(assembly) = &mut self.assembly {
            assembly.head.clear();
        }
        self.frame_count = self.frame_count.saturating_add(1);
        self.check(&head, frame_bytes_max)?;
        Ok(Some(head.open()))
    }

    fn keep_cut_head(&mut self, read: &mut ReadBuffer) {
        let unread = read.unread();
        if unread.is_empty() {
            return;
        }
        let assembly = self.assembly.get_or_insert_with(Box::default);
        let (bytes, len) = assembly.head.with(unread);
        assembly.head.keep(bytes, len);
        read.consume(unread.len());
    }

    /// Whether a frame may be here, by itself and after those before it.
    fn check(&self, head: &Head, frame_bytes_max: u64) -> Result<(), Violation> {
        head.check(self.role)?;
        let message = self.assembly.as_ref().and_then(|a| a.message.as_ref());
        match (head.header.opcode, message) {
            (OpCode::Control(_), _) => return Ok(()),
            (OpCode::Data(Data::Continue), None) => return Err(Violation::NothingToContinue),
            (OpCode::Data(Data::Continue), Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(Violation::MessageNotFinished),
        }
        let earlier_bytes = message.map_or(0, |message| message.bytes.len() as u64);
        let found_bytes = earlier_bytes + head.payload_bytes;
        if found_bytes > frame_bytes_max {
            return Err(Violation::MessageTooBig {
                found_bytes,
                max_bytes: frame_bytes_max,
            });
        }
        Ok(())
    }

    /// Moves what has come of `frame` into the assembly.
    fn append(
        &mut self,
        mut frame: OpenFrame,
        read: &mut ReadBuffer,
    ) -> Result<Option<Whole>, Violation> {
        let assembly = self.assembly.get_or_insert_with(Box::default);
        let take = frame.remaining_bytes.min(read.unread().len());
        let OpCode::Data(_) = frame.opcode else {
            frame.append(&read.unread()[..take], &mut assembly.control);
            read.consume(take);
            return Ok(assembly.finish_control(frame, read));
        };
        let message = assembly
            .message
            .get_or_insert_with(|| OpenMessage::new(frame.opcode));
        frame.append(&read.unread()[..take], &mut message.bytes);
        read.consume(take);
        message.check_text(frame.is_final && frame.remaining_bytes == 0)?;
        Ok(assembly.finish_data(frame, read))
    }
}

/// Whether `frame` is a whole message or control frame, and all of it is received.
fn lies_whole(frame: &OpenFrame, read: &ReadBuffer) -> bool {
    let begins_and_ends = frame.is_final && frame.opcode != OpCode::Data(Data::Continue);
    begins_and_ends && frame.remaining_bytes <= read.unread().len()
}

/// Unmasks `frame` where it lies.
fn take_whole(frame: &OpenFrame, read: &mut ReadBuffer) -> Whole {
    let payload_bytes = frame.remaining_bytes;
    if let Some(mask) = frame.mask {
        apply_mask(&mut read.unread_mut()[..payload_bytes], mask);
    }
    Whole {
        opcode: frame.opcode,
        place: read.consume(payload_bytes),
    }
}
