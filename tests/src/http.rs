//! An HTTP client that hides nothing: bytes out, whole responses in.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::patience::PATIENCE;

/// One connection.
#[derive(Debug)]
pub struct HttpClient {
    stream: TcpStream,
    /// Bytes that came behind the last response.
    buffer: Vec<u8>,
}

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The number in the status line.
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// As many bytes as `Content-Length` says.
    pub body: Vec<u8>,
}

impl HttpClient {
    /// Connects.
    ///
    /// # Panics
    /// If nobody listens.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Asks for `path`.
    pub fn get(&mut self, path: &str) -> Response {
        self.request("GET", path, &[], "")
    }

    /// Posts a body of JSON.
    pub fn post(&mut self, path: &str, body: &str) -> Response {
        let headers = [("Content-Type", "application/json")];
        self.request("POST", path, &headers, body)
    }

    /// Sends one request and receives its response.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        self.send(request(method, path, headers, body).as_bytes());
        self.receive_for(method)
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the connection is broken.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Says that no more bytes will come.
    ///
    /// # Panics
    /// If the connection is broken.
    pub fn end_output(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The next response.
    pub fn receive(&mut self) -> Response {
        self.receive_for("GET")
    }

    /// The next response, to a request with this method.
    ///
    /// # Panics
    /// If it is no HTTP, or does not come.
    pub fn receive_for(&mut self, method: &str) -> Response {
        let end = self.fill_until(|bytes| {
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            end.map(|end| end + 4)
        });
        let mut response = parse_head(&self.buffer[..end]);
        self.buffer.drain(..end);
        if method != "HEAD" {
            let len = response.header("content-length").unwrap_or("0");
            let len: usize = len.parse().unwrap();
            self.fill_until(|bytes| (bytes.len() >= len).then_some(len));
            response.body = self.buffer.drain(..len).collect();
        }
        response
    }

    /// Waits for the end of the connection.
    ///
    /// # Panics
    /// If bytes come before it.
    pub fn expect_end(&mut self) {
        assert!(self.buffer.is_empty(), "bytes behind the last response");
        let mut byte = [0];
        match receive(&mut self.stream, &mut byte) {
            Ok(0) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => panic!("expected the end, found {other:?} {byte:?}"),
        }
    }

    /// Reads until `found` says where something ends.
    fn fill_until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> usize {
        loop {
            if let Some(end) = found(&self.buffer) {
                return end;
            }
            let mut bytes = [0; 16 << 10];
            let len = receive(&mut self.stream, &mut bytes).unwrap();
            let so_far = self.buffer.escape_ascii();
            assert!(len > 0, "the connection ended after: {so_far}");
            self.buffer.extend_from_slice(&bytes[..len]);
        }
    }
}

/// Reads once. A server that starts or ends in this process makes the kernel interrupt reads here.
pub(crate) fn receive(stream: &mut TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A request as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let len = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len}\r\n\r\n{body}"
    )
}

impl Response {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON, by its type or by its bytes.
    pub fn json(&self) -> Value {
        let content_type = self.header("content-type").unwrap_or("none");
        assert!(
            content_type.starts_with("application/json"),
            "{content_type}"
        );
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn parse_head(head: &[u8]) -> Response {
    let text = std::str::from_utf8(head).unwrap();
    let mut lines = text.trim_end().split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status.and_then(|line| line.split(' ').next()).unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Response {
        status: status.parse().unwrap(),
        headers: lines.map(header).collect(),
        body: Vec::new(),
    }
}
