//! Bytes to messages: HTTP/1.1, WebSocket framing, the socket loop. Knows connections, never rooms.

#[allow(
    clippy::disallowed_methods,
    reason = "the one place of this crate that does I/O"
)]
pub mod socket;

pub mod connection;
pub mod http;
mod outbox;
mod rate;
mod read_buffer;
pub mod ws;

pub use connection::{Connection, Event, Expired, Failure};
pub use outbox::{Delivery, Part};
pub use read_buffer::ReadBuffer;
