//! The opening handshake, RFC 6455 section 4.2.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use downbeat_net::fuzzing::Driver;
use downbeat_schemas::limits::Limits;

const GOOD: [&str; 5] = [
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// Sends `method` with `headers`; the answer must be exactly, or start with, `expected`.
fn check(method: &str, headers: &[&str], expected: &str) {
    let mut driver = Driver::new(Limits::default());
    let request = format!("{method} /p/r HTTP/1.1\r\n{}\r\n\r\n", headers.join("\r\n"));
    driver.feed(request.as_bytes());
    let answer = String::from_utf8(driver.sent).unwrap();
    assert!(answer.contains(expected), "{answer} without {expected}");
    let is_upgraded = expected.starts_with("HTTP/1.1 101");
    assert_eq!(driver.connection.is_websocket(), is_upgraded, "{answer}");
}

/// The good handshake with one header replaced.
fn with(at: usize, header: &'static str) -> Vec<&'static str> {
    let mut headers = GOOD.to_vec();
    headers[at] = header;
    headers
}

/// The good handshake with one header more.
fn and(header: &'static str) -> Vec<&'static str> {
    [&GOOD[..], &[header]].concat()
}

#[test]
fn a_valid_handshake_is_accepted() {
    let accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                    Connection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    check("GET", &GOOD, accepted);
    check("GET", &with(1, "upgrade: h2c, WebSocket"), accepted);
    check("GET", &with(2, "Connection: keep-alive, upgrade"), accepted);
    let unknown = and("Sec-WebSocket-Protocol: other.v1");
    check("GET", &unknown, accepted);
    let extension = and("Sec-WebSocket-Extensions: permessage-deflate");
    check("GET", &extension, accepted);
}

#[test]
fn the_first_common_subprotocol_is_picked() {
    let picked = "Sec-WebSocket-Protocol: downbeat.v1\r\n";
    for offer in [
        "Sec-WebSocket-Protocol: downbeat.v1",
        "Sec-WebSocket-Protocol: other, downbeat.v1 ,third",
        "Sec-WebSocket-Protocol: other\r\nsec-websocket-protocol: downbeat.v1",
    ] {
        let mut driver = Driver::new(Limits::default());
        let request = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", and(offer).join("\r\n"));
        driver.feed(request.as_bytes());
        let answer = String::from_utf8(driver.sent).unwrap();
        assert!(answer.contains(picked), "{answer}");
    }
}

#[test]
fn what_is_missing_is_named() {
    check("POST", &GOOD, "a WebSocket begins with GET, found POST");
    let no_token = "the header `Connection` does not list `Upgrade`";
    check("GET", &with(2, "Connection: close"), no_token);
    check("GET", &with(2, "X: y"), no_token);
    for version in [
        "Sec-WebSocket-Version: 8",
        "X: y",
        "Sec-WebSocket-Version: 13, 8",
    ] {
        let headers = with(3, version);
        check("GET", &headers, "HTTP/1.1 426 Upgrade Required");
        check("GET", &headers, "\r\nSec-WebSocket-Version: 13\r\n");
    }
    let bad_key = "Sec-WebSocket-Key must be one header with 16 bytes in base64";
    for key in [
        "X: y",
        "Sec-WebSocket-Key: ",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA==",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==",
    ] {
        check("GET", &with(4, key), bad_key);
    }
    check("GET", &and(GOOD[4]), bad_key);
    check("GET", &and(GOOD[3]), "HTTP/1.1 426");
}
