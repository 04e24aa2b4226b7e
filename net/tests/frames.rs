//! RFC 6455 sections 5 to 8, rule by rule, as a client meets the server.

use downbeat_net::fuzzing::Driver;
use downbeat_net::ws::{Control, Data, OpCode, encode_close, encode_masked};
use downbeat_schemas::limits::Limits;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

const FIN: u8 = 0x80;
const CONTINUE: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

fn limits() -> Limits {
    Limits {
        frame_bytes_max: 70_000,
        ..Limits::default()
    }
}

/// A masked frame with any first byte.
fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let mut frame = Vec::new();
    let opcode = OpCode::Data(Data::Binary);
    encode_masked(&mut frame, opcode, [7, 77, 177, 27], payload.as_ref());
    frame[0] = first;
    frame
}

/// Feeds frames whole, byte by byte and in random pieces; expects the same events and the same
/// bytes in answer each time.
fn check_bytes(input: &[u8], events: &[&str], answer: &[u8]) {
    let mut rng = Pcg32::new(11, 11);
    for longest in [usize::MAX, 1, 3, 20, 20, 1_000, 1_000] {
        let mut driver = Driver::websocket(limits());
        driver.feed_cut(input, || match longest {
            usize::MAX => longest,
            _ => 1 + rng.next_u32() as usize % longest,
        });
        let shown = &input[..input.len().min(40)].escape_ascii();
        assert_eq!(driver.events, events, "{shown} in pieces of {longest}");
        assert_eq!(
            driver.sent.escape_ascii().to_string(),
            answer.escape_ascii().to_string(),
            "{shown} in pieces of {longest}"
        );
    }
}

fn check(frames: &[Vec<u8>], events: &[&str], answer: &[u8]) {
    check_bytes(&frames.concat(), events, answer);
}

/// Expects a close frame with this code and reason, and no event but the failure.
fn check_violation(frames: &[Vec<u8>], code: u16, reason: &str) {
    let payload = encode_close(code, reason);
    let answer = [&[FIN | CLOSE, payload.len() as u8], &payload[..]].concat();
    let event = format!("failed {code}: {reason}");
    let mut frames = frames.to_vec();
    // What follows is ignored, whatever it is.
    frames.push(frame(FIN | BINARY, "late"));
    frames.push(vec![0xff; 50]);
    check(&frames, &[&event], &answer);
}

#[test]
fn messages_arrive_as_sent() {
    check(&[frame(FIN | BINARY, "abc")], &["binary abc"], b"");
    check(&[frame(FIN | TEXT, "gr\u{fc}n")], &["text gr\u{fc}n"], b"");
    let two = [frame(FIN | BINARY, ""), frame(FIN | TEXT, "")];
    check(&two, &["binary ", "text "], b"");
    for len in [125, 126, 127, 65_535, 65_536, 70_000] {
        let payload = "x".repeat(len);
        let event = format!("binary {payload}");
        check(&[frame(FIN | BINARY, &payload)], &[&event], b"");
    }
}

#[test]
fn fragments_are_put_together_around_control_frames() {
    let message = [
        frame(TEXT, "a\u{e4}".as_bytes().split_at(2).0),
        frame(FIN | PING, "p1"),
        frame(CONTINUE, "a\u{e4}".as_bytes().split_at(2).1),
        frame(CONTINUE, ""),
        frame(FIN | PONG, "unasked"),
        frame(FIN | PING, ""),
        frame(FIN | CONTINUE, "z"),
        frame(FIN | BINARY, "next"),
    ];
    check(
        &message,
        &["text a\u{e4}z", "binary next"],
        b"\x8a\x02p1\x8a\x00",
    );
    let empty = [frame(BINARY, ""), frame(FIN | CONTINUE, "")];
    check(&empty, &["binary "], b"");
    let long = "y".repeat(125);
    let pong = [&[FIN | PONG, 125], long.as_bytes()].concat();
    check(&[frame(FIN | PING, &long)], &[], &pong);
}

#[test]
fn a_fragment_out_of_order_is_a_violation() {
    let nothing = "a continuation, but no message was begun";
    check_violation(&[frame(FIN | CONTINUE, "a")], 1002, nothing);
    check_violation(&[frame(CONTINUE, "a")], 1002, nothing);
    let not_finished = "a new message before the fragmented one was finished";
    for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        let frames = [frame(TEXT, "a"), frame(first, "b")];
        check_violation(&frames, 1002, not_finished);
    }
}

#[test]
fn reserved_bits_and_opcodes_are_violations() {
    let bits = "reserved bits are set, but no extension was negotiated";
    for bit in [0x40, 0x20, 0x10] {
        check_violation(&[frame(FIN | bit | BINARY, "a")], 1002, bits);
        check_violation(&[frame(FIN | bit | PING, "")], 1002, bits);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let reason = format!("opcode {opcode} is reserved");
        check_violation(&[frame(FIN | opcode, "")], 1002, &reason);
    }
}

#[test]
fn a_client_must_mask() {
    let reason = "a frame of a client is not masked";
    for unmasked in [&b"\x82\x01a"[..], b"\x81\x00", b"\x88\x00", b"\x89\x00"] {
        check_violation(&[unmasked.to_vec()], 1002, reason);
    }
}

#[test]
fn lengths_are_in_the_shortest_form() {
    let head = |length: &[u8]| [&[FIN | BINARY], length, &[0; 4]].concat();
    let reason = |length| format!("a length of {length} is not written in the shortest form");
    for length in [0u16, 1, 125] {
        let [high, low] = length.to_be_bytes();
        check_violation(&[head(&[0xfe, high, low])], 1002, &reason(length.into()));
    }
    for length in [0u64, 125, 126, 65_535] {
        let head = head(&[&[0xff][..], &length.to_be_bytes()].concat());
        check_violation(&[head], 1002, &reason(length));
    }
    let top_bit = head(b"\xff\x80\0\0\0\0\0\0\0");
    let overflow = "a length of 64 bits has its highest bit set";
    check_violation(&[top_bit], 1002, overflow);
}

#[test]
fn control_frames_are_short_and_whole() {
    for opcode in [PING, PONG, CLOSE] {
        let fragmented = "a control frame is fragmented";
        check_violation(&[frame(opcode, "")], 1002, fragmented);
        let long = frame(FIN | opcode, "x".repeat(126));
        let reason = "a control frame of 126 bytes; at most 125 are allowed";
        check_violation(&[long], 1002, reason);
    }
}

#[test]
fn text_must_be_utf8() {
    let reason = "a text message is not UTF-8";
    // A lone continuation, an overlong form, a surrogate, beyond U+10FFFF, a cut letter.
    let faults: [&[u8]; 6] = [
        b"\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"ab\xe2\x82",
        b"\xff",
    ];
    for fault in faults {
        check_violation(&[frame(FIN | TEXT, fault)], 1007, reason);
        let fragments = [frame(TEXT, "ok"), frame(FIN | CONTINUE, fault)];
        check_violation(&fragments, 1007, reason);
        // The same bytes are fine where they are not text.
        let event = format!("binary {}", fault.escape_ascii());
        check(&[frame(FIN | BINARY, fault)], &[&event], b"");
    }
}

#[test]
fn a_fault_in_text_shows_before_the_message_ends() {
    // Autobahn 6.4: the rest of the message never comes.
    let mut driver = Driver::websocket(limits());
    driver.feed(&frame(TEXT, "\u{3ba}\u{1f79}"));
    driver.feed(&frame(CONTINUE, b"\xf4\x90"));
    assert_eq!(driver.events, ["failed 1007: a text message is not UTF-8"]);
    let mut driver = Driver::websocket(limits());
    let long = frame(FIN | TEXT, b"a\xffccccccccc");
    driver.feed(&long[..8]);
    assert_eq!(driver.events, ["failed 1007: a text message is not UTF-8"]);
}

#[test]
fn a_message_may_be_so_long_with_all_its_fragments() {
    let reason =
        |bytes: u64| format!("a message of at least {bytes} bytes; at most 70000 are allowed");
    let long = frame(FIN | BINARY, "x".repeat(70_001));
    check_violation(&[long], 1009, &reason(70_001));
    // The head alone is enough to know.
    let head = b"\x82\xff\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    check_violation(&[head], 1009, &reason(1 << 32));
    let fragments = [
        frame(BINARY, "x".repeat(40_000)),
        frame(CONTINUE, "x".repeat(30_000)),
        frame(FIN | CONTINUE, "x"),
    ];
    check_violation(&fragments, 1009, &reason(70_001));
}

#[test]
fn a_close_is_echoed_and_ends_the_messages() {
    let late = frame(FIN | BINARY, "late");
    let closes = |payload: &[u8], event: &str, answer: &[u8]| {
        let frames = [frame(FIN | CLOSE, payload), late.clone()];
        check(&frames, &[event], answer);
    };
    closes(b"", "closed None", b"\x88\x00");
    closes(b"\x03\xe8", "closed Some(1000)", b"\x88\x02\x03\xe8");
    let reason = [b"\x0f\xa0", "tsch\u{fc}s".as_bytes()].concat();
    closes(&reason, "closed Some(4000)", b"\x88\x02\x0f\xa0");
    for code in [1001, 1003, 1007, 1011, 1012, 1013, 3000, 3999, 4999u16] {
        let payload = code.to_be_bytes();
        let answer = [b"\x88\x02", &payload[..]].concat();
        closes(&payload, &format!("closed Some({code})"), &answer);
    }
    // In the middle of a message.
    let frames = [frame(BINARY, "begun"), frame(FIN | CLOSE, "")];
    check(&frames, &["closed None"], b"\x88\x00");
}

#[test]
fn whatever_follows_our_own_close_is_read_and_forgotten() {
    let violation = frame(FIN | CONTINUE, "of nothing");
    let late = frame(FIN | BINARY, "late");
    for frames in [vec![late.clone(); 3], vec![violation, late.clone(), late]] {
        for longest in [usize::MAX, 1, 7] {
            let mut driver = Driver::closing(limits());
            driver.feed_cut(&frames.concat(), || longest);
            assert_eq!(driver.events, [""; 0]);
            assert_eq!(driver.sent, b"");
        }
    }
}

#[test]
fn a_malformed_close_is_a_violation() {
    let cut = "a close frame of one byte";
    check_violation(&[frame(FIN | CLOSE, [3])], 1002, cut);
    for code in [
        0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535u16,
    ] {
        let reason = format!("close code {code} may not be sent");
        let close = frame(FIN | CLOSE, code.to_be_bytes());
        check_violation(&[close], 1002, &reason);
    }
    let close = frame(FIN | CLOSE, b"\x03\xe8\xff");
    check_violation(&[close], 1007, "a close reason is not UTF-8");
}

#[test]
fn frames_are_counted_with_their_fragments() {
    let rate = "more than 200 messages in a second";
    let events = vec!["binary a"; 200];
    let frames = vec![frame(FIN | BINARY, "a"); 200];
    check(&frames, &events, b"");
    let mut driver = Driver::websocket(limits());
    driver.feed(&vec![frame(FIN | BINARY, "a"); 300].concat());
    assert_eq!(driver.events.len(), 201);
    assert_eq!(driver.events[200], format!("failed 4007: {rate}"));
    check_violation(&vec![frame(FIN | PONG, ""); 201], 4007, rate);
    let mut fragments = vec![frame(CONTINUE, ""); 201];
    fragments[0] = frame(BINARY, "");
    check_violation(&fragments, 4007, rate);
}

#[test]
fn frames_that_come_with_the_handshake_are_read_after_it() {
    let handshake = b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\
        Connection: keep-alive, upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut ping = Vec::new();
    encode_masked(&mut ping, OpCode::Control(Control::Ping), [1; 4], b"!");
    let input = [&handshake[..], &frame(FIN | BINARY, "early"), &ping].concat();
    for longest in [usize::MAX, 1, 7, 200] {
        let mut driver = Driver::new(limits());
        driver.feed_cut(&input, || longest);
        assert_eq!(driver.events, ["GET /x /1 ? &0 :5 ", "binary early"]);
        assert!(driver.sent.ends_with(b"\r\n\r\n\x8a\x01!"));
    }
}
