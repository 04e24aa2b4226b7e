//! What a peer may not send.

use downbeat_schemas::close::CloseCode;

/// A frame that RFC 6455 or a limit forbids. The connection ends with [`Violation::close_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Section 5.2: no extension is negotiated, so the bits must be zero.
    #[error("reserved bits are set, but no extension was negotiated")]
    ReservedBits,
    /// Section 5.2: opcodes 3–7 and 11–15.
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// Section 5.1: a client masks each frame.
    #[error("a frame of a client is not masked")]
    NotMasked,
    /// Section 5.1: a server masks no frame.
    #[error("a frame of a server is masked")]
    Masked,
    /// Section 5.2: the shortest length that fits must be used. Chromium refuses others too; `ws`
    /// takes them. No client is known to send them.
    #[error("a length of {0} is not written in the shortest form")]
    LengthNotMinimal(u64),
    /// Section 5.2: the highest bit of a 64-bit length must be zero.
    #[error("a length of 64 bits has its highest bit set")]
    LengthOverflow,
    /// Section 5.5.
    #[error("a control frame of {0} bytes; at most 125 are allowed")]
    ControlTooLong(u64),
    /// Section 5.5.
    #[error("a control frame is fragmented")]
    ControlFragmented,
    /// Section 5.4.
    #[error("a continuation, but no message was begun")]
    NothingToContinue,
    /// Section 5.4.
    #[error("a new message before the fragmented one was finished")]
    MessageNotFinished,
    /// Section 8.1.
    #[error("a text message is not UTF-8")]
    InvalidText,
    /// Section 5.5.1: two bytes of code at least, if any.
    #[error("a close frame of one byte")]
    CloseCodeCut,
    /// Section 7.4: codes that may not be sent.
    #[error("close code {0} may not be sent")]
    CloseCodeInvalid(u16),
    /// Section 5.5.1.
    #[error("a close reason is not UTF-8")]
    CloseReasonInvalid,
    /// The limit `frame_bytes_max`.
    #[error("a message of at least {found_bytes} bytes; at most {max_bytes} are allowed")]
    MessageTooBig {
        /// Bytes of all fragments that are announced so far.
        found_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
}

impl Violation {
    /// The code that the connection is closed with.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidText | Self::CloseReasonInvalid => CloseCode::InvalidText,
            Self::MessageTooBig { .. } => CloseCode::MessageTooBig,
            _ => CloseCode::ProtocolError,
        }
    }
}
