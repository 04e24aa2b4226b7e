//! HTTP/1.1 as far as a game server needs it: whole requests in, whole responses out.
//!
//! A request is read to its end before anything sees it, so its size is bounded by
//! `header_bytes_max` and `body_bytes_max`. What could be read in two ways by a proxy in front and
//! by this server (RFC 9112 section 11.2, request smuggling) is refused, never repaired.

mod chunked;
mod head;
mod query;
mod reader;
mod request;
mod response;

pub use head::RequestError;
pub use query::{QueryPairs, Segments, decode_percent};
pub(crate) use reader::{Progress, RequestReader, Shape};
pub use request::{Headers, Request};
pub(crate) use response::CONTINUE;
pub use response::Response;
