//! One HTTP request at a time, to a server on this machine.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that takes longer for a page is not well.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest page is /metrics.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// Asks for a page.
    Get,
    /// Sends a JSON body.
    Post(&'a str),
}

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The server cannot be reached, or falls silent.
    #[error("{path}: {source}")]
    Io {
        /// What was asked for.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// Another status than 200, or no HTTP at all.
    #[error("{path}: expected 200 and a body, the server answered `{answer}`")]
    Refused {
        /// What was asked for.
        path: String,
        /// The first line.
        answer: String,
    },
}

/// The body of `path`, over a connection that is then closed.
///
/// # Errors
/// [`HttpError`] if the server is not there or does not answer with 200.
pub fn fetch(address: SocketAddr, path: &str, request: Request<'_>) -> Result<String, HttpError> {
    let answer = exchange(address, path, request).map_err(|source| HttpError::Io {
        path: path.to_owned(),
        source,
    })?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        _ => Err(HttpError::Refused {
            path: path.to_owned(),
            answer: answer.lines().next().unwrap_or_default().to_owned(),
        }),
    }
}

fn exchange(address: SocketAddr, path: &str, request: Request<'_>) -> io::Result<String> {
    let (method, body) = match request {
        Request::Get => ("GET", ""),
        Request::Post(body) => ("POST", body),
    };
    let len = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}"
    );
    let mut stream = connect(address)?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}

/// A connection that never waits for longer than a well server needs.
///
/// # Errors
/// As [`TcpStream::connect_timeout`].
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
