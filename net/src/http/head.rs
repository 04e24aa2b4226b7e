//! The request line and headers: where they end, and what they say about the body.

use downbeat_schemas::limits::Limits;
use httparse::Header;

use super::request::{is_token_in_list, trim};

/// A request that is refused. The connection answers with [`RequestError::status`] and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not HTTP/1.1 syntax.
    #[error("not an HTTP/1.1 request: {0}")]
    Malformed(&'static str),
    /// Lines end with CR LF; a lone LF or CR is read differently by different servers.
    #[error("a line of the request does not end with CR LF")]
    LineEnd,
    /// A version other than 1.0 and 1.1.
    #[error("only HTTP/1.1 and HTTP/1.0 are spoken here")]
    Version,
    /// Exactly one Host header is required of HTTP/1.1.
    #[error("found {0} Host headers, expected one")]
    Host(usize),
    /// The body's length is stated twice or not as a number.
    #[error("the length of the body is ambiguous: {0}")]
    AmbiguousLength(&'static str),
    /// A transfer coding other than `chunked`.
    #[error("the only transfer coding understood is chunked")]
    TransferCoding,
    /// An expectation other than `100-continue`.
    #[error("the only expectation understood is 100-continue")]
    Expectation,
    /// The limit `header_bytes_max`.
    #[error("request line and headers are longer than {max_bytes} bytes")]
    HeaderTooBig {
        /// The limit.
        max_bytes: u64,
    },
    /// The limit `headers_max`.
    #[error("more than {max} headers")]
    TooManyHeaders {
        /// The limit.
        max: u64,
    },
    /// The limit `body_bytes_max`.
    #[error("the body is longer than {max_bytes} bytes")]
    BodyTooBig {
        /// The limit.
        max_bytes: u64,
    },
    /// More requests came than can be kept while the first one is being answered.
    #[error("more than {max_bytes} bytes came before the first request was answered")]
    TooFarAhead {
        /// What can be kept.
        max_bytes: u64,
    },
}

impl RequestError {
    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) | Self::LineEnd | Self::Host(_) | Self::AmbiguousLength(_) => 400,
            Self::BodyTooBig { .. } | Self::TooFarAhead { .. } => 413,
            Self::Expectation => 417,
            Self::HeaderTooBig { .. } | Self::TooManyHeaders { .. } => 431,
            Self::TransferCoding => 501,
            Self::Version => 505,
        }
    }
}

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes; zero without a body.
    Length(usize),
    Chunked,
}

/// What a reader must know of a head that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) framing: Framing,
    pub(super) keep_alive: bool,
    /// The client waits for a word before it sends the body.
    pub(super) expects_continue: bool,
}

/// Looks for the empty line that ends a head, from `from` on: returns its end, or where to go on
/// looking once there is more.
///
/// # Errors
/// [`RequestError::LineEnd`] at a line feed without its carriage return.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Result<Result<usize, usize>, RequestError> {
    let mut at = from;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        let line_feed = at + found;
        if line_feed == 0 || bytes[line_feed - 1] != b'\r' {
            return Err(RequestError::LineEnd);
        }
        at = line_feed + 1;
        if line_feed >= 3 && bytes[line_feed - 3..].starts_with(b"\r\n\r\n") {
            return Ok(Ok(at));
        }
    }
    Ok(Err(bytes.len()))
}

/// Checks a head that ends with its empty line.
pub(super) fn parse(head: &[u8], limits: &Limits) -> Result<Head, RequestError> {
    let mut headers = vec![httparse::EMPTY_HEADER; limits.headers_max as usize];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(head).map_err(|error| match error {
        httparse::Error::TooManyHeaders => RequestError::TooManyHeaders {
            max: limits.headers_max,
        },
        httparse::Error::Version if names_a_version(head) => RequestError::Version,
        httparse::Error::Version => RequestError::Malformed("no version in the request line"),
        httparse::Error::Token => RequestError::Malformed("invalid request line"),
        httparse::Error::HeaderName => RequestError::Malformed("invalid header name"),
        httparse::Error::HeaderValue => RequestError::Malformed("invalid header value"),
        _ => RequestError::Malformed("invalid line"),
    })?;
    if status != httparse::Status::Complete(head.len()) {
        return Err(RequestError::Malformed("it ends too early"));
    }
    let is_1_1 = request.version == Some(1);
    check_target(request.method.unwrap_or(""), request.path.unwrap_or(""))?;
    check_host(request.headers, is_1_1)?;
    Ok(Head {
        framing: framing(request.headers, is_1_1, limits)?,
        keep_alive: keep_alive(request.headers, is_1_1),
        expects_continue: expects_continue(request.headers, is_1_1)?,
    })
}

fn names_a_version(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or(head);
    let word = line.rsplit(|byte| *byte == b' ').next().unwrap_or(line);
    word.strip_prefix(b"HTTP/")
        .is_some_and(|version| version.first().is_some_and(u8::is_ascii_digit))
}

/// Origin form, absolute form, or `*` of OPTIONS, RFC 9112 section 3.2.
fn check_target(method: &str, target: &str) -> Result<(), RequestError> {
    let is_asterisk = target == "*" && method == "OPTIONS";
    let is_absolute = ["http://", "https://"].iter().any(|scheme| {
        target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if target.starts_with('/') || is_absolute || is_asterisk {
        return Ok(());
    }
    Err(RequestError::Malformed("the target is no path"))
}

fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| trim(header.value))
}

fn check_host(headers: &[Header<'_>], is_1_1: bool) -> Result<(), RequestError> {
    match values(headers, "host").count() {
        1 => Ok(()),
        0 if !is_1_1 => Ok(()),
        count => Err(RequestError::Host(count)),
    }
}

/// RFC 9112 section 6, without its leniency.
fn framing(headers: &[Header<'_>], is_1_1: bool, limits: &Limits) -> Result<Framing, RequestError> {
    let mut lengths = values(headers, "content-length");
    let mut codings = values(headers, "transfer-encoding");
    let (length, coding) = (lengths.next(), codings.next());
    if lengths.next().is_some() || codings.next().is_some() {
        return Err(RequestError::AmbiguousLength("stated twice"));
    }
    match (length, coding) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(length), None) => content_length(length, limits).map(Framing::Length),
        (Some(_), Some(_)) => Err(RequestError::AmbiguousLength(
            "both Content-Length and Transfer-Encoding",
        )),
        (None, Some(_)) if !is_1_1 => Err(RequestError::AmbiguousLength(
            "Transfer-Encoding in HTTP/1.0",
        )),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(RequestError::TransferCoding),
    }
}

fn content_length(text: &[u8], limits: &Limits) -> Result<usize, RequestError> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(RequestError::AmbiguousLength("not a decimal number"));
    }
    // More digits than a u64 has are more bytes than any limit allows.
    std::str::from_utf8(text)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .filter(|length| *length <= limits.body_bytes_max)
        .map(|length: u64| length as usize)
        .ok_or(RequestError::BodyTooBig {
            max_bytes: limits.body_bytes_max,
        })
}

fn keep_alive(headers: &[Header<'_>], is_1_1: bool) -> bool {
    let says = |token| values(headers, "connection").any(|list| is_token_in_list(list, token));
    !says("close") && (is_1_1 || says("keep-alive"))
}

fn expects_continue(headers: &[Header<'_>], is_1_1: bool) -> Result<bool, RequestError> {
    let mut expectations = values(headers, "expect");
    match expectations.next() {
        None => Ok(false),
        // RFC 9110 section 10.1.1: an expectation of HTTP/1.0 is ignored.
        Some(_) if !is_1_1 => Ok(false),
        Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(true),
        Some(_) => Err(RequestError::Expectation),
    }
}
