//! WebSocket, RFC 6455: the handshake of both sides, frames out, messages in.
//!
//! Headers and opcodes are tungstenite's; what is legal in which order is decided by [`Reader`].

mod assembly;
mod client;
mod frame;
mod handshake;
mod head;
mod incoming;
mod reader;
mod role;
mod violation;

pub use client::{ClientHandshakeError, read_response, write_request};
pub use frame::{FRAME_HEAD_MAX, FrameHead, encode_close, encode_masked, frame_head};
pub(crate) use frame::{control_frame, message_head};
pub use handshake::{HandshakeError, Upgrade};
pub use incoming::Incoming;
pub(crate) use incoming::Whole;
pub use reader::Reader;
pub use role::Role;
pub use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
pub use violation::Violation;
