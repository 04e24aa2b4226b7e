//! Requests that are none, or ask for nonsense.

use crate::http::request;
use crate::random::Random;
use crate::websocket::upgrade_request;

/// Bytes that a server could take for the start of a request, or not.
pub(super) fn garbage(random: &mut Random) -> Vec<u8> {
    let len = 1 + random.below(300);
    let mut bytes = random.bytes(len);
    match random.below(4) {
        0 => bytes.iter_mut().for_each(|byte| *byte &= 0x7f),
        1 => drop(bytes.splice(..0, *b"GET / HTTP/1.1\r\n")),
        2 => bytes.extend_from_slice(b"\r\n\r\n"),
        _ => {}
    }
    bytes
}

/// A good request with faults.
pub(super) fn mutated(random: &mut Random) -> Vec<u8> {
    let good = good(random);
    random.mutated(&good)
}

fn good(random: &mut Random) -> Vec<u8> {
    let options = r#"{"channel":"a","name":"b","private":true,"n":[1,2.5e3,null]}"#;
    let path = *random.pick(&[
        "/matchmake/joinOrCreate/arena",
        "/matchmake/create/chat?x=%20y",
        "/matchmake/joinById/0123456789abc",
        "/matchmake/reconnect/0123456789abc",
    ]);
    match random.below(5) {
        0 => request("POST", path, &[("Authorization", "Bearer x")], options).into(),
        1 => request("GET", "/rooms?name=arena", &[("Origin", "https://a.b")], "").into(),
        2 => request("OPTIONS", path, &[("Origin", "null")], "").into(),
        3 => upgrade_request("/0123456789abc/0123456789abc?sessionId=0123456789abc"),
        _ => format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
             2\r\n{{}}\r\n0\r\n\r\n"
        )
        .into(),
    }
}

/// A request by all rules of HTTP that no client of a game would send.
pub(super) fn nonsense(random: &mut Random) -> Vec<u8> {
    let join = "/matchmake/joinOrCreate/world";
    let post = |body: &str| request("POST", join, &[], body);
    let text = match random.below(10) {
        0 => post(&"[".repeat(1 + random.below(20_000))),
        1 => post(&format!(
            "{{\"a\":{}",
            "{\"a\":".repeat(random.below(5_000))
        )),
        2 => post("{\"side\":1e999}"),
        3 => post("{\"side\":\"\\ud800\"}"),
        4 => post(&format!("\"{}\"", "x".repeat(random.below(60_000)))),
        5 => request(
            "GET",
            &format!("/{}", "%".repeat(random.below(2_000))),
            &[],
            "",
        ),
        6 => request(
            "GET",
            &format!("/{}", "a/".repeat(random.below(2_000))),
            &[],
            "",
        ),
        7 => request(
            "BREW",
            "/coffee",
            &[("Cookie", &";".repeat(random.below(9_000)))],
            "",
        ),
        8 => request(
            "POST",
            join,
            &[("Content-Length", "18446744073709551616")],
            "",
        ),
        _ => request("GET", "/rooms?name=%00%ff%c3%28", &[], "").repeat(1 + random.below(50)),
    };
    text.into_bytes()
}
