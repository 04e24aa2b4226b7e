//! What a client may not do, and what becomes of one that does.

use downbeat::limits::Limits;
use downbeat_net::ws::{Control, Data, OpCode};
use downbeat_schemas::client::ClientMessage;
use downbeat_tests::both_ways;
use downbeat_tests::player::{Player, encode, encode_input};
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::server::TestServer;
use downbeat_tests::way::Way;
use downbeat_tests::websocket::{Frame, binary_frame, frame};
use serde_json::json;

both_ways!(
    bytes_that_are_no_message_are_closed_with_4006,
    frames_that_rfc_6455_forbids_are_closed_with_its_codes,
    limits_of_a_client_close_it_and_are_counted,
    inputs_beyond_the_inbox_are_dropped_and_counted_and_the_client_stays,
    a_message_in_fragments_with_pings_between_is_one_message,
    who_answers_no_ping_is_closed_and_who_does_stays,
    the_defaults_let_a_lively_client_play,
);

const TEXT: OpCode = OpCode::Data(Data::Text);
const CONTINUE: OpCode = OpCode::Data(Data::Continue);
const PING: OpCode = OpCode::Control(Control::Ping);

/// Sends bytes on the connection of a player, who is closed with this code; another player in the
/// same room does not notice.
fn check(server: &TestServer, bytes: &[u8], code: u16, words: &str) {
    let mut witness = Player::create(server, "probe", &json!({}));
    let mut player = witness.join_room_of(server);
    player.socket.send_bytes(bytes);
    let (found, reason) = player.read_to_close();
    let shown = bytes[..bytes.len().min(40)].escape_ascii();
    assert_eq!(found, code, "{shown}: {reason}");
    assert!(reason.contains(words), "{shown}: {reason}");
    witness.apply(&ProbeInput::Add { by: 1 });
    witness.wait_until(|mirror| mirror.rows("scores").unwrap().len() == 1);
}

fn bytes_that_are_no_message_are_closed_with_4006(way: Way) {
    let server = way.server();
    check(&server, &binary_frame(b""), 4006, "FlatBuffers");
    check(&server, &binary_frame(b"hello"), 4006, "FlatBuffers");
    check(&server, &binary_frame(&[0xff; 4_096]), 4006, "FlatBuffers");
    let payload = b"\xa4jump";
    let stranger = ClientMessage::Input { seq: 1, payload };
    check(&server, &binary_frame(&encode(&stranger)), 4006, "jump");
    let payload = b"\x81\xa3add\x81\xa2by\xa1x";
    let mistyped = ClientMessage::Input { seq: 1, payload };
    check(&server, &binary_frame(&encode(&mistyped)), 4006, "no input");
    let mut long = encode_input(1, &ProbeInput::Report);
    long.truncate(long.len() / 2);
    check(&server, &binary_frame(&long), 4006, "");
}

fn frames_that_rfc_6455_forbids_are_closed_with_its_codes(way: Way) {
    let server = way.server();
    check(&server, &frame(TEXT, 7, b"hello"), 1003, "binary");
    check(&server, &frame(TEXT, 7, b"\xff\xfe"), 1007, "UTF-8");
    check(&server, &frame(CONTINUE, 7, b"x"), 1002, "continuation");
    check(&server, &[0x82, 0x01, 0x00], 1002, "not masked");
    check(&server, &[0xc2, 0x80, 0, 0, 0, 0], 1002, "reserved");
    check(&server, &[0x83, 0x80, 0, 0, 0, 0], 1002, "opcode 3");
    check(&server, &[0x09, 0x80, 0, 0, 0, 0], 1002, "fragmented");
    check(&server, &frame(PING, 7, &[0; 126]), 1002, "126 bytes");
    check(
        &server,
        &frame(OpCode::Control(Control::Close), 7, &[3]),
        1002,
        "one byte",
    );
    server.wait_for_metrics("each is counted", |metrics| {
        metrics.sum("downbeat_protocol_errors_total", &[]) == 9.0
    });
}

fn limits_of_a_client_close_it_and_are_counted(way: Way) {
    let server = way.server_with_limits(|limits| {
        limits.frame_bytes_max = 128;
        limits.message_rate_max = 10;
    });
    check(&server, &binary_frame(&[0; 129]), 1009, "at most 128");
    // The fragments of a message count together: the first has no end.
    let mut fragments = binary_frame(&[0; 100]);
    fragments[0] &= 0x7f;
    fragments.extend_from_slice(&frame(CONTINUE, 7, &[0; 29]));
    check(&server, &fragments, 1009, "at most 128");
    let ping = frame(PING, 7, b"");
    check(&server, &ping.repeat(11), 4007, "10 messages");
    server.wait_for_metrics("each is counted", |metrics| {
        metrics.limit_hits("frame_bytes_max") == 2.0
            && metrics.limit_hits("message_rate_max") == 1.0
    });
}

fn inputs_beyond_the_inbox_are_dropped_and_counted_and_the_client_stays(way: Way) {
    let server = way.server_with_limits(|limits| {
        limits.inbox_per_client_max = 4;
        limits.message_rate_max = 1_000;
    });
    let mut player = Player::create(&server, "probe", &json!({}));
    let mut burst = Vec::new();
    for seq in 1..=100 {
        burst.extend(binary_frame(&encode_input(seq, &ProbeInput::Add { by: 1 })));
    }
    player.socket.send_bytes(&burst);
    server.wait_for_metrics("the dropped are counted", |metrics| {
        metrics.limit_hits("inbox_per_client_max") > 0.0
    });
    player.say(&ClientMessage::Input {
        seq: 200,
        payload: &rmp_serde::to_vec_named(&ProbeInput::Add { by: 1_000 }).unwrap(),
    });
    player.wait_for_ack(200);
    let total = player.own_field("scores", "total").cloned();
    let Some(downbeat_schemas::rows::Value::Signed(total)) = total else {
        panic!("no total: {total:?}");
    };
    assert!((1_001..1_100).contains(&total), "{total}");
}

fn a_message_in_fragments_with_pings_between_is_one_message(way: Way) {
    let server = way.server();
    let mut player = Player::create(&server, "probe", &json!({}));
    let message = encode_input(1, &ProbeInput::Add { by: 7 });
    let mut bytes = Vec::new();
    for (at, byte) in message.iter().enumerate() {
        let is_first = at == 0;
        let opcode = if is_first {
            OpCode::Data(Data::Binary)
        } else {
            CONTINUE
        };
        let mut fragment = frame(opcode, at as u32, &[*byte]);
        if at + 1 < message.len() {
            fragment[0] &= 0x7f;
        }
        bytes.extend(fragment);
        bytes.extend(frame(PING, 3, &[*byte]));
    }
    player.socket.send_bytes(&bytes);
    for byte in &message {
        loop {
            match player.socket.next_frame() {
                Frame::Pong(payload) => break assert_eq!(payload, [*byte]),
                Frame::Binary(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    player.apply(&ProbeInput::Add { by: 1 });
    let total = player.own_field("scores", "total");
    assert_eq!(total, Some(&downbeat_schemas::rows::Value::Signed(8)));
}

fn who_answers_no_ping_is_closed_and_who_does_stays(way: Way) {
    let server = way.server_with_limits(|limits| {
        limits.ping_interval_ms = 100;
        limits.idle_timeout_ms = 2_500;
    });
    let mut lively = Player::create(&server, "probe", &json!({}));
    let mut silent = lively.join_room_of(&server);
    // One ping a second at most: by then the other has been silent for long enough.
    while lively.pings < 4 {
        lively.hear();
    }
    let mut pings = 0;
    let (code, reason) = loop {
        match silent.socket.next_frame() {
            Frame::Ping(_) => pings += 1,
            Frame::Close { code, reason } => break (code, reason),
            Frame::End => panic!("the socket ended without a close frame"),
            _ => {}
        }
    };
    assert_eq!(code, Some(4009), "{reason}");
    assert_eq!(pings, 1, "it was asked once");
    lively.apply(&ProbeInput::Add { by: 1 });
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("idle_timeout_ms") == 1.0
    });
}

fn the_defaults_let_a_lively_client_play(way: Way) {
    // 60 inputs a second and a ping are far below what closes a client.
    let limits = Limits::default();
    assert!(limits.message_rate_max > 2 * 61);
    let server = way.server_with(|server| server.limits(limits.clone()));
    let mut player = Player::create(&server, "probe", &json!({}));
    for _ in 0..120 {
        player.apply(&ProbeInput::Add { by: 1 });
    }
}
