//! The pieces of one message on its way from a room to a socket.

use bytes::Bytes;

/// A piece of a message. A message is the concatenation of its parts, put together only where it
/// is sent.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// For one client alone, and valid during the call only: copied if it has to wait.
    Own(&'a [u8]),
    /// The same for many clients: only a handle waits.
    Shared(&'a Bytes),
}

impl Part<'_> {
    /// The bytes themselves.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}
