//! Bytes to messages: HTTP/1.1, WebSocket framing, the socket loop. Knows connections, never rooms.
//!
//! [`Connection`] is the protocol state of one socket, without the socket: bytes are fed to it and
//! events pulled from it, and time is an argument. Only [`socket`] does I/O.
//!
//! ```
//! use downbeat_net::http::Response;
//! use downbeat_net::{Connection, Event, ReadBuffer};
//! use downbeat_schemas::limits::Limits;
//! use downbeat_schemas::time::Timestamp;
//!
//! let (limits, now) = (Limits::default(), Timestamp(0));
//! let mut read = ReadBuffer::new(64 << 10); // One per shard.
//! let mut connection = Connection::new("127.0.0.1:4242".parse()?, now);
//!
//! read.fill(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
//! while let Some(event) = connection.next_event(&mut read, &limits, now) {
//!     match event {
//!         Event::Request(request) => {
//!             assert_eq!(request.path, "/health");
//!             connection.respond(Response::text(200, "ok"), now);
//!         }
//!         Event::Binary(_) | Event::Text(_) => {}  // A message of a client.
//!         Event::Closed { .. } | Event::Failed(_) => {} // The client leaves.
//!     }
//! }
//!
//! let mut batch = Vec::new();
//! connection.gather(&mut batch, 1 << 16);
//! assert!(batch.starts_with(b"HTTP/1.1 200 OK\r\n"));
//! connection.sent(batch.len(), now);
//! assert!(!connection.is_finished()); // Kept alive for the next request.
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`connection`] | the state of one connection: requests and messages in, answers out, timers |
//! | [`http`] | requests and responses |
//! | [`ws`] | the WebSocket handshake and frames, for both sides |
//! | [`socket`] | the listener, streams, readiness, wake-ups, and sending what waits |
//!
//! What is *not* here: TLS and compression (a proxy in front does both), HTTP/2, extensions of
//! WebSocket.
#![warn(missing_docs)]

#[allow(
    clippy::disallowed_methods,
    reason = "the one place of this crate that does I/O"
)]
pub mod socket;

pub mod connection;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
mod outbox;
mod rate;
mod read_buffer;
pub mod ws;

pub use connection::{Connection, Event, Expired, Failure};
pub use outbox::{Delivery, Part};
pub use read_buffer::ReadBuffer;
