//! What a connection reports.

use downbeat_schemas::close::CloseCode;

use crate::http::{Request, RequestError};
use crate::ws::Violation;

/// What the received bytes say; borrows from the [`ReadBuffer`](crate::ReadBuffer), not from the
/// connection.
#[derive(Clone, Copy, Debug)]
pub enum Event<'b> {
    /// An HTTP request: answer it with `respond` or `upgrade`, at once or later.
    Request(Request<'b>),
    /// A binary message.
    Binary(&'b [u8]),
    /// A text message.
    Text(&'b str),
    /// The client closed the WebSocket; the answer is queued.
    Closed {
        /// Its close code, if it gave one.
        code: Option<u16>,
    },
    /// The client broke a rule; the answer that ends the connection is queued.
    Failed(Failure),
}

/// The rule that a client broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A request was refused.
    #[error(transparent)]
    Http(#[from] RequestError),
    /// A frame was refused.
    #[error(transparent)]
    WebSocket(#[from] Violation),
    /// The limit `message_rate_max`.
    #[error("more than {per_second} messages in a second")]
    MessageRate {
        /// The limit.
        per_second: u64,
    },
}

impl Failure {
    /// The HTTP status or WebSocket close code that the client is told.
    pub const fn code(self) -> u16 {
        match self {
            Self::Http(error) => error.status(),
            Self::WebSocket(violation) => violation.close_code().code(),
            Self::MessageRate { .. } => CloseCode::MessageRate.code(),
        }
    }
}

/// Which time ran out. The connection has drawn the consequence already: flush it, and look
/// whether it is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// `header_timeout_ms`: 408 is queued.
    Header,
    /// `keep_alive_timeout_ms`: the connection is finished.
    KeepAlive,
    /// `idle_timeout_ms`: close 4009 is queued.
    Idle,
    /// `outbox_window_ms`: close 4008 is queued, or an HTTP connection is finished.
    SlowReader,
    /// `close_timeout_ms`: the connection is finished.
    Close,
}
