//! Responses out.

use std::io::Write;

use bytes::Bytes;

use super::head::RequestError;

/// Tells a client that waits for it to send the body.
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// One HTTP response. The connection adds what the framing needs: `Content-Length`, `Connection`.
///
/// ```
/// use downbeat_net::http::Response;
///
/// let response = Response::json(200, r#"{"rooms":[]}"#)
///     .header("Access-Control-Allow-Origin", "https://play.example");
/// # assert_eq!(response.status(), 200);
/// ```
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    /// Whole lines.
    headers: Vec<u8>,
    body: Bytes,
    closes: bool,
}

impl Response {
    /// A response without a body.
    ///
    /// # Panics
    /// If `status` is not one of a final response, 200 to 999.
    pub fn new(status: u16) -> Self {
        assert!((200..=999).contains(&status), "no final status: {status}");
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            closes: false,
        }
    }

    /// A response with a body of JSON.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status).body("application/json; charset=utf-8", body)
    }

    /// A response with a body of plain text.
    pub fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status).body("text/plain; charset=utf-8", body)
    }

    /// The answer to a request that cannot be understood; ends the connection.
    pub(crate) fn refusal(error: RequestError) -> Self {
        Self::text(error.status(), format!("{error}\n")).close()
    }

    /// Sets the body and its type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    /// Adds a header. Control characters in the value become spaces, so that no value, wherever it
    /// comes from, can begin another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.extend_from_slice(name.as_bytes());
        self.headers.extend_from_slice(b": ");
        let value = value.bytes().map(|byte| match byte {
            byte if byte.is_ascii_control() => b' ',
            byte => byte,
        });
        self.headers.extend(value);
        self.headers.extend_from_slice(b"\r\n");
        self
    }

    /// Ends the connection after this response.
    #[must_use]
    pub const fn close(mut self) -> Self {
        self.closes = true;
        self
    }

    /// The status code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    pub(crate) const fn closes(&self) -> bool {
        self.closes
    }

    /// The bytes up to the body.
    pub(crate) fn head(&self, keep_alive: bool) -> Vec<u8> {
        let (status, reason) = (self.status, reason(self.status));
        let mut head = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
        if self.may_have_body() {
            let len = self.body.len();
            write!(head, "Content-Length: {len}\r\n").expect("a Vec takes all bytes");
        }
        // HTTP/1.1 would do without `keep-alive`, clients of HTTP/1.0 wait for it.
        let connection = if keep_alive { "keep-alive" } else { "close" };
        write!(head, "Connection: {connection}\r\n").expect("a Vec takes all bytes");
        head.extend_from_slice(&self.headers);
        head.extend_from_slice(b"\r\n");
        head
    }

    /// The body, as a shared handle; empty where RFC 9110 allows none.
    pub(crate) fn into_body(self) -> Bytes {
        if self.may_have_body() {
            return self.body;
        }
        Bytes::new()
    }

    const fn may_have_body(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }
}

/// The words behind the number: for people who read the bytes.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        520..=526 => "Matchmaking Failed",
        _ => "Response",
    }
}
