//! Matchmaking as a client sees it: one kind of request, its answers.

use std::fmt::Write;

use serde::Deserialize;

use super::target::Target;

/// Heads and bodies of the server are a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 64;
/// Of a body that is no JSON, so much is shown.
const SHOWN_CHARS_MAX: usize = 200;

/// A seat that was reserved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seat {
    pub(super) session_id: String,
    pub(super) room_id: String,
    pub(super) process_id: String,
    /// Where to open the WebSocket, if not where the seat was asked for.
    pub(super) public_address: Option<String>,
}

impl Seat {
    /// Path and query of the WebSocket.
    pub(super) fn path(&self, prefix: &str) -> String {
        let (process, room) = (&self.process_id, &self.room_id);
        format!("{prefix}/{process}/{room}?sessionId={}", self.session_id)
    }
}

/// What the server says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Seat(Seat),
    Refused { status: u16, text: String },
}

/// An answer and how it lay in the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Framed {
    pub(super) answer: Answer,
    /// Whether the connection takes a further request.
    pub(super) keep_alive: bool,
}

/// Bytes that are no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the answer is no HTTP: {0}")]
    NotHttp(#[from] httparse::Error),
    #[error("the answer has no Content-Length")]
    NoLength,
    #[error("the answer has more than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
    #[error("the answer is no seat: {0}")]
    NoSeat(String),
}

/// The body of an answer that refuses.
#[derive(Debug, Deserialize)]
struct Refusal {
    error: String,
}

/// The request for a seat. All clients send the same bytes.
pub(super) fn join_request(target: &Target, room: &str, options: &str) -> Vec<u8> {
    let (prefix, room, host) = (&target.prefix, percent_encoded(room), &target.authority);
    let len = options.len();
    format!(
        "POST {prefix}/matchmake/joinOrCreate/{room} HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{options}"
    )
    .into_bytes()
}

/// Reads an answer; `None` while it is incomplete.
pub(super) fn read_answer(bytes: &[u8]) -> Result<Option<Framed>, AnswerError> {
    if bytes.len() > ANSWER_BYTES_MAX {
        return Err(AnswerError::TooLong);
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = response.parse(bytes)? else {
        return Ok(None);
    };
    let len = header(&response, "Content-Length")
        .and_then(|text| text.parse().ok())
        .ok_or(AnswerError::NoLength)?;
    let Some(body) = bytes[head_bytes..].get(..len) else {
        return Ok(None);
    };
    let closes = header(&response, "Connection").is_some_and(|is| is.eq_ignore_ascii_case("close"));
    Ok(Some(Framed {
        answer: read_body(response.code.unwrap_or(0), body)?,
        keep_alive: !closes && response.version == Some(1),
    }))
}

fn read_body(status: u16, body: &[u8]) -> Result<Answer, AnswerError> {
    if status == 200 {
        let seat = serde_json::from_slice(body);
        return seat
            .map(Answer::Seat)
            .map_err(|error| AnswerError::NoSeat(error.to_string()));
    }
    let text = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.error,
        Err(_) => String::from_utf8_lossy(body)
            .trim()
            .chars()
            .take(SHOWN_CHARS_MAX)
            .collect(),
    };
    Ok(Answer::Refused { status, text })
}

fn header<'b>(response: &httparse::Response<'_, 'b>, name: &str) -> Option<&'b str> {
    let mut headers = response.headers.iter();
    let found = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(found.value).ok().map(str::trim)
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => write!(encoded, "%{byte:02X}").expect("a String takes all text"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, head: &str, body: &str) -> String {
        let len = body.len();
        format!("HTTP/1.1 {status} Any\r\ncontent-length: {len}\r\n{head}\r\n{body}")
    }

    fn check(response: &str, expected: &Answer) {
        let bytes = response.as_bytes();
        let answer = read_answer(bytes).map(|framed| framed.unwrap().answer);
        assert_eq!(answer.as_ref(), Ok(expected), "{response}");
        for len in 0..bytes.len() {
            assert!(!matches!(read_answer(&bytes[..len]), Ok(Some(_))), "{len}");
        }
    }

    #[test]
    fn an_answer_is_a_seat_or_a_refusal() {
        let seat = Seat {
            session_id: "s".into(),
            room_id: "r".into(),
            process_id: "p".into(),
            public_address: None,
        };
        assert_eq!(seat.path("/eu"), "/eu/p/r?sessionId=s");
        let body = r#"{"name":"arena","sessionId":"s","roomId":"r","processId":"p"}"#;
        check(&response(200, "", body), &Answer::Seat(seat));
        let refused = |status, text: &str| {
            let text = text.to_owned();
            Answer::Refused { status, text }
        };
        let body = r#"{"code":520,"error":"no room type `x`"}"#;
        check(&response(520, "", body), &refused(520, "no room type `x`"));
        check(
            &response(502, "", "bad gateway\n"),
            &refused(502, "bad gateway"),
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let no_seat = response(200, "", "{}");
        for bad in ["SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\n\r\n", no_seat.as_str()] {
            assert!(read_answer(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_server_says_whether_the_connection_stays() {
        for (head, keep_alive) in [("", true), ("Connection: Close\r\n", false)] {
            let response = response(503, head, "{}");
            let framed = read_answer(response.as_bytes()).unwrap().unwrap();
            assert_eq!(framed.keep_alive, keep_alive);
        }
    }

    #[test]
    fn a_request_says_where_and_what() {
        let target = Target {
            authority: "game:80".into(),
            prefix: "/eu".into(),
            address: "127.0.0.1:80".parse().unwrap(),
        };
        let request = join_request(&target, "my room", "{}");
        let expected = "POST /eu/matchmake/joinOrCreate/my%20room HTTP/1.1\r\nHost: game:80\r\n\
                        Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(request).unwrap(), expected);
    }
}
