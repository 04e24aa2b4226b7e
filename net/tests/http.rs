//! Requests: what is understood, what is refused, and that it does not matter how bytes are cut.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use downbeat_net::fuzzing::Driver;
use downbeat_schemas::limits::Limits;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

fn limits() -> Limits {
    Limits {
        header_bytes_max: 512,
        headers_max: 8,
        body_bytes_max: 1_024,
        ..Limits::default()
    }
}

/// Feeds `input` whole, byte by byte and in random pieces, and expects the same events each time.
fn check(input: impl AsRef<[u8]>, expected: &[&str]) {
    let input = input.as_ref();
    let mut rng = Pcg32::new(7, 7);
    for longest in [usize::MAX, 1, 3, 20, 20, 100, 100] {
        let mut driver = Driver::new(limits());
        driver.feed_cut(input, || match longest {
            usize::MAX => longest,
            _ => 1 + rng.next_u32() as usize % longest,
        });
        let shown = input.escape_ascii();
        assert_eq!(driver.events, expected, "{shown} in pieces of {longest}");
    }
}

/// Expects the one event to be a refusal with this status and reason, and the connection to end.
fn check_refused(input: impl AsRef<[u8]>, status: u16, reason: &str) {
    check(
        input.as_ref(),
        &[format!("failed {status}: {reason}").as_str()],
    );
    let mut driver = Driver::new(limits());
    driver.feed(input.as_ref());
    let answer = String::from_utf8(driver.sent).unwrap();
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(answer.contains("Connection: close\r\n"), "{answer}");
    assert!(driver.connection.is_closing());
}

const HOST: &str = "HTTP/1.1\r\nHost: a\r\n";

fn request(line: &str, headers: &str) -> String {
    format!("{line} {HOST}{headers}\r\n")
}

fn post(headers: &str, body: &str) -> String {
    request("POST /p", headers) + body
}

#[test]
fn a_request_is_its_method_path_query_and_body() {
    check(request("GET /", ""), &["GET / /0 ? &0 :1 "]);
    check(
        request("GET /rooms/a%20b?name=x&y", "Accept: */*\r\n"),
        &["GET /rooms/a%20b /2 ?name=x&y &2 :2 "],
    );
    check(
        request("GET http://a.example:80/x?y", ""),
        &["GET /x /1 ?y &1 :1 "],
    );
    check(request("GET http://a.example", ""), &["GET / /0 ? &0 :1 "]);
    check(request("OPTIONS *", ""), &["OPTIONS * /1 ? &0 :1 "]);
    check("GET / HTTP/1.0\r\n\r\n", &["GET / /0 ? &0 :0 "]);
    check(
        post("Content-Length: 2\r\n", "{}"),
        &["POST /p /1 ? &0 :2 {}"],
    );
    check(
        post("content-length:  0 \r\n", ""),
        &["POST /p /1 ? &0 :2 "],
    );
    check(
        post("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"),
        &["POST /p /1 ? &0 :3 abc"],
    );
}

#[test]
fn a_chunked_body_is_put_together() {
    let chunked = |body: &str| post("Transfer-Encoding: Chunked\r\n", body);
    let whole = "POST /p /1 ? &0 :2 hello, you";
    check(
        chunked("5\r\nhello\r\n5;x=y\r\n, you\r\n0\r\n\r\n"),
        &[whole],
    );
    check(
        chunked("00A\r\nhello, you\r\n0\r\nTrailer: t\r\n\r\n"),
        &[whole],
    );
    check(chunked("0\r\n\r\n"), &["POST /p /1 ? &0 :2 "]);
    // Each byte in a chunk of its own, and then another request.
    let bytes: String = "hello, you"
        .chars()
        .map(|c| format!("1\r\n{c}\r\n"))
        .collect();
    let next = request("GET /next", "");
    check(
        chunked(&bytes) + "0\r\n\r\n" + &next,
        &[whole, "GET /next /1 ? &0 :1 "],
    );
}

#[test]
fn the_overhead_of_tiny_chunks_is_not_kept() {
    let mut driver = Driver::new(limits());
    driver.feed(post("Transfer-Encoding: chunked\r\n", "").as_bytes());
    let head_bytes = driver.connection.held_bytes();
    for received in 1..=1_000 {
        let chunk = format!("1;{}\r\nx\r\n", "extension".repeat(50));
        driver.feed(chunk.as_bytes());
        assert_eq!(driver.connection.held_bytes(), head_bytes + received);
    }
    driver.feed(b"0\r\n\r\n");
    assert_eq!(driver.connection.held_bytes(), 0);
    assert!(driver.events[0].ends_with(&"x".repeat(1_000)));
}

#[test]
fn a_malformed_chunk_is_refused() {
    let refused = |body: &str, status, reason| {
        check_refused(post("Transfer-Encoding: chunked\r\n", body), status, reason);
    };
    let no_number = "not an HTTP/1.1 request: a chunk size is no hexadecimal number";
    for size in ["", "g", "-1", "+1", "0x1", " 1", "11111111111111111"] {
        refused(&format!("{size}\r\n"), 400, no_number);
    }
    let longer = "not an HTTP/1.1 request: a chunk is longer than its size";
    refused("1\r\nab\r\n", 400, longer);
    let line_end = "a line of the request does not end with CR LF";
    refused("1\na\r\n", 400, line_end);
    refused("1\r\na\n", 400, line_end);
    refused("1;\rx\r\na", 400, line_end);
    refused("401\r\n", 413, "the body is longer than 1024 bytes");
    refused(
        "ffffffffffffffff\r\n",
        413,
        "the body is longer than 1024 bytes",
    );
    let half = format!("200\r\n{}\r\n", "x".repeat(512));
    refused(
        &format!("{half}{half}1\r\n"),
        413,
        "the body is longer than 1024 bytes",
    );
    let too_long = "request line and headers are longer than 512 bytes";
    refused(&format!("1;{}", "x".repeat(511)), 431, too_long);
    let trailers = format!("a: {}\r\n", "x".repeat(100)).repeat(6);
    refused(&format!("0\r\n{trailers}"), 431, too_long);
}

#[test]
fn requests_follow_one_another() {
    let input = [
        request("GET /1", ""),
        post("Content-Length: 4\r\n", "GET "),
        // An old client's line end after a body.
        "\r\n".to_owned(),
        request("GET /3", ""),
    ];
    check(
        input.concat(),
        &[
            "GET /1 /1 ? &0 :1 ",
            "POST /p /1 ? &0 :2 GET ",
            "GET /3 /1 ? &0 :1 ",
        ],
    );
}

#[test]
fn a_length_that_two_servers_could_read_differently_is_refused() {
    let refused = |headers: &str, reason: &str| {
        let reason = format!("the length of the body is ambiguous: {reason}");
        check_refused(post(headers, ""), 400, &reason);
    };
    let both = "both Content-Length and Transfer-Encoding";
    refused("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", both);
    refused("Content-Length: 1\r\nContent-Length: 1\r\n", "stated twice");
    refused("Content-Length: 1\r\ncontent-length: 2\r\n", "stated twice");
    let twice = "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n";
    refused(twice, "stated twice");
    for number in ["", "+1", "-1", "1, 1", "0x1", "1 1", "1.0"] {
        let header = format!("Content-Length: {number}\r\n");
        refused(&header, "not a decimal number");
    }
    check_refused(
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
        "the length of the body is ambiguous: Transfer-Encoding in HTTP/1.0",
    );
    check_refused(
        post("Transfer-Encoding: gzip, chunked\r\n", ""),
        501,
        "the only transfer coding understood is chunked",
    );
}

#[test]
fn what_is_no_request_is_refused() {
    let line_end = "a line of the request does not end with CR LF";
    check_refused("GET / HTTP/1.1\nHost: a\n\n", 400, line_end);
    check_refused("\n", 400, line_end);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nB: c\n\r\n", 400, line_end);
    let malformed = |input: String, reason: &str| {
        check_refused(input, 400, &format!("not an HTTP/1.1 request: {reason}"));
    };
    malformed(request("GET /", " folded: x\r\n"), "invalid header name");
    malformed(
        request("GET /", "B: c\r\n folded\r\n"),
        "invalid header name",
    );
    malformed(request("GET /", "B : c\r\n"), "invalid header name");
    malformed(request("GET /", ": c\r\n"), "invalid header name");
    malformed(request("GET /", "no colon\r\n"), "invalid header name");
    malformed(request("GET /", "B: a\0b\r\n"), "invalid header value");
    malformed(request("GET x", ""), "the target is no path");
    malformed(request("CONNECT a:80", ""), "the target is no path");
    malformed(request("GET *", ""), "the target is no path");
    malformed("GET /\r\n\r\n".to_owned(), "invalid request line");
    let no_version = "no version in the request line";
    malformed("BREW / HTCPCP/1.0\r\n\r\n".to_owned(), no_version);
    malformed("{}: x\r\n\r\n".to_owned(), "invalid request line");
    malformed(request("GET /", "B: a\rb\r\n"), "invalid header value");
    malformed(request("GET /", "B: a\r\r\n"), "invalid header value");
    let version = "only HTTP/1.1 and HTTP/1.0 are spoken here";
    check_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, version);
    check_refused("PRI * HTTP/2.0\r\n\r\n", 505, version);
    let hosts = |count| format!("found {count} Host headers, expected one");
    check_refused("GET / HTTP/1.1\r\n\r\n", 400, &hosts(0));
    check_refused(request("GET /", "host: b\r\n"), 400, &hosts(2));
    check_refused(
        request("GET /", "Expect: tea\r\n"),
        417,
        "the only expectation understood is 100-continue",
    );
}

#[test]
fn the_limits_are_inclusive() {
    let head = |bytes: usize| {
        let rest = request("GET /", "B: \r\n").len();
        request("GET /", &format!("B: {}\r\n", "x".repeat(bytes - rest)))
    };
    check(head(512), &["GET / /0 ? &0 :2 "]);
    let too_big = "request line and headers are longer than 512 bytes";
    check_refused(head(513), 431, too_big);
    check_refused("x".repeat(513), 431, too_big);
    check(
        request("GET /", &"B: c\r\n".repeat(7)),
        &["GET / /0 ? &0 :8 "],
    );
    let too_many = request("GET /", &"B: c\r\n".repeat(8));
    check_refused(too_many, 431, "more than 8 headers");
    let body = "x".repeat(1_024);
    let whole = format!("POST /p /1 ? &0 :2 {body}");
    check(post("Content-Length: 1024\r\n", &body), &[&whole]);
    for length in ["1025", "99999999999999999999999"] {
        let headers = format!("Content-Length: {length}\r\n");
        check_refused(
            post(&headers, ""),
            413,
            "the body is longer than 1024 bytes",
        );
    }
}

#[test]
fn a_client_that_waits_for_leave_gets_it_once() {
    let mut driver = Driver::new(limits());
    let headers = "Content-Length: 2\r\nExpect: 100-continue\r\n";
    driver.feed(post(headers, "").as_bytes());
    assert_eq!(driver.sent, b"HTTP/1.1 100 Continue\r\n\r\n");
    driver.sent.clear();
    driver.feed(b"a");
    driver.feed(b"b");
    assert_eq!(driver.events, ["POST /p /1 ? &0 :3 ab"]);
    assert!(driver.sent.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

/// How the answer to `input` is framed, and whether the connection stays.
fn check_answer(input: &str, expected: &str, stays: bool) {
    let mut driver = Driver::new(limits());
    driver.feed(input.as_bytes());
    assert_eq!(String::from_utf8(driver.sent).unwrap(), expected);
    assert_eq!(!driver.connection.is_closing(), stays, "{input}");
}

#[test]
fn a_connection_stays_if_both_sides_want_it() {
    let stays = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\nok";
    let ends = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\
                Content-Type: text/plain; charset=utf-8\r\n\r\nok";
    check_answer(&request("GET /", ""), stays, true);
    check_answer(&request("GET /", "Connection: x, Close\r\n"), ends, false);
    check_answer("GET / HTTP/1.0\r\n\r\n", ends, false);
    let asks = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    check_answer(asks, stays, true);
    let (head_only, _) = stays.split_at(stays.len() - 2);
    check_answer(&request("HEAD /", ""), head_only, true);
}
