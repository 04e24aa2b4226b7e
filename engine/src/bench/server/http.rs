//! One HTTP request at a time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that takes longer for a page is not well.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest page is that of the histograms.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request<'a> {
    /// For a page.
    Get(&'a str),
    /// For what a path does with a JSON body.
    Post(&'a str, &'a str),
}

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("{path}: expected 200 and a body, the server answered `{answer}`")]
    Refused { path: String, answer: String },
}

/// The body of the answer, over a connection that is then closed.
pub(crate) fn fetch(
    address: SocketAddr,
    host: &str,
    request: Request<'_>,
) -> Result<String, HttpError> {
    let path = || request.path().to_owned();
    let answer = exchange(address, host, request).map_err(|source| HttpError::Io {
        path: path(),
        source,
    })?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        _ => Err(HttpError::Refused {
            path: path(),
            answer: answer.lines().next().unwrap_or_default().to_owned(),
        }),
    }
}

impl<'a> Request<'a> {
    const fn path(self) -> &'a str {
        match self {
            Self::Get(path) | Self::Post(path, _) => path,
        }
    }
}

fn exchange(address: SocketAddr, host: &str, request: Request<'_>) -> io::Result<String> {
    let (method, body) = match request {
        Request::Get(_) => ("GET", ""),
        Request::Post(_, body) => ("POST", body),
    };
    let (path, len) = (request.path(), body.len());
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
