//! HTTP/1.1 itself: keep-alive, pipelines, bodies, limits, refusals.

use downbeat_tests::http::request;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let server = TestServer::new();
    let mut http = server.http();
    for number in 0..20 {
        let path = ["/health", "/rooms", "/nothing", "/metrics"][number % 4];
        let status = [200, 200, 404, 200][number % 4];
        assert_eq!(http.get(path).status, status);
        let seat = http.post("/matchmake/joinOrCreate/arena", "{}");
        seat::answer(&seat).unwrap();
    }
    let last = http.request("GET", "/health", &[("Connection", "close")], "");
    assert_eq!(last.header("connection"), Some("close"));
    http.expect_end();
}

#[test]
fn a_pipeline_is_answered_in_its_order() {
    let server = TestServer::new();
    let mut http = server.http();
    let mut bytes = String::new();
    for _ in 0..50 {
        bytes += &request("GET", "/health", &[], "");
        bytes += &request("POST", "/matchmake/joinOrCreate/arena", &[], "{}");
        bytes += &request("GET", "/nothing", &[], "");
        bytes += &request("HEAD", "/rooms", &[], "");
        bytes += &request("OPTIONS", "/rooms", &[], "");
    }
    http.send(bytes.as_bytes());
    for _ in 0..50 {
        assert_eq!(http.receive().json()["status"], "ok");
        seat::answer(&http.receive()).unwrap();
        assert_eq!(http.receive().status, 404);
        assert_eq!(http.receive_for("HEAD").status, 200);
        assert_eq!(http.receive().status, 204);
    }
}

#[test]
fn a_body_may_come_in_chunks_and_crumbs() {
    let server = TestServer::new();
    let mut http = server.http();
    let chunked = "POST /matchmake/joinOrCreate/chat HTTP/1.1\r\nHost: a\r\n\
                   Transfer-Encoding: chunked\r\n\r\n\
                   4\r\n{\"ch\r\nb;x=y\r\nannel\":\"te\"\r\n1\r\n}\r\n0\r\nTrailer: z\r\n\r\n";
    http.send(chunked.as_bytes());
    let whole = seat::answer(&http.receive()).unwrap();
    for byte in chunked.as_bytes() {
        http.send(&[*byte]);
    }
    let crumbs = seat::answer(&http.receive()).unwrap();
    assert_eq!(crumbs.room_id, whole.room_id, "both are in channel te");
    let body = r#"{"channel":"te"}"#;
    let plain = http.post("/matchmake/join/chat", body);
    assert_eq!(seat::answer(&plain).unwrap().room_id, whole.room_id);
}

#[test]
fn a_client_that_asks_whether_to_send_its_body_is_told_so() {
    let server = TestServer::new();
    let mut http = server.http();
    let head = "POST /matchmake/joinOrCreate/arena HTTP/1.1\r\nHost: a\r\n\
                Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    http.send(head.as_bytes());
    assert_eq!(http.receive().status, 100);
    http.send(b"{}");
    seat::answer(&http.receive()).unwrap();
}

#[test]
fn a_client_that_ends_its_output_gets_its_answers() {
    let server = TestServer::new();
    let mut http = server.http();
    let two = request("GET", "/health", &[], "")
        + &request("POST", "/matchmake/joinOrCreate/arena", &[], "{}");
    http.send(two.as_bytes());
    http.end_output();
    assert_eq!(http.receive().status, 200);
    seat::answer(&http.receive()).unwrap();
    http.expect_end();
}

#[test]
fn limits_and_bad_requests_are_refused_in_words_and_end_the_connection() {
    let server = TestServer::with_limits(|limits| {
        limits.header_bytes_max = 512;
        limits.headers_max = 8;
        limits.body_bytes_max = 1_024;
    });
    let check = |bytes: &str, status: u16| {
        let mut http = server.http();
        http.send(bytes.as_bytes());
        let response = http.receive();
        let start: String = bytes.chars().take(60).collect();
        assert_eq!(response.status, status, "{start}");
        assert_eq!(response.header("connection"), Some("close"), "{start}");
        assert!(!response.body.is_empty(), "{start}");
        http.expect_end();
    };
    let path = "/matchmake/joinOrCreate/arena";
    check(
        &request("GET", &format!("/{}", "a".repeat(600)), &[], ""),
        431,
    );
    check(&request("GET", "/", &[("A", "b"); 9], ""), 431);
    check(&request("POST", path, &[], &" ".repeat(1_025)), 413);
    let chunked = "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n";
    check(&format!("POST {path} HTTP/1.1\r\n{chunked}"), 413);
    check("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    check("GET / HTTP/1.1\r\n\r\n", 400);
    check("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    check("GET / HTTP/1.1\nHost: a\n\n", 400);
    check("hello\r\n\r\n", 400);
    let both = "Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(&format!("POST {path} HTTP/1.1\r\n{both}"), 400);
    let coding = "Host: a\r\nTransfer-Encoding: gzip\r\n\r\n";
    check(&format!("POST {path} HTTP/1.1\r\n{coding}"), 501);
    check("GET / HTTP/1.1\r\nHost: a\r\nExpect: gold\r\n\r\n", 417);
    server.wait_for_metrics("each limit is counted", |metrics| {
        metrics.limit_hits("header_bytes_max") == 1.0
            && metrics.limit_hits("headers_max") == 1.0
            && metrics.limit_hits("body_bytes_max") == 2.0
            && metrics.sum("downbeat_protocol_errors_total", &[]) == 8.0
    });
}

#[test]
fn a_request_that_does_not_end_and_a_silent_connection_are_given_up() {
    let server = TestServer::with_limits(|limits| {
        limits.header_timeout_ms = 100;
        limits.keep_alive_timeout_ms = 100;
    });
    let mut slow = server.http();
    slow.send(b"GET / HTTP/1.1\r\nHost:");
    assert_eq!(slow.receive().status, 408);
    slow.expect_end();
    let mut silent = server.http();
    assert_eq!(silent.get("/health").status, 200);
    silent.expect_end();
}

#[test]
fn what_is_no_websocket_handshake_is_refused() {
    let server = TestServer::new();
    let good = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let check = |change: usize, value: &'static str, status: u16| {
        let mut headers = good;
        headers[change].1 = value;
        let mut http = server.http();
        let response = http.request("GET", "/a/b", &headers, "");
        assert_eq!(response.status, status, "{value}");
    };
    check(1, "keep-alive", 400);
    check(2, "8", 426);
    check(3, "short", 400);
    let post = server.http().request("POST", "/a/b", &good, "");
    assert_eq!(post.status, 400);
}
