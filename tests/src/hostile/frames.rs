//! Bytes of a WebSocket, legal or not, in any order.

use downbeat::rooms::ArenaInput;
use downbeat_net::ws::{Control, Data, OpCode, encode_close};
use downbeat_schemas::client::ClientMessage;

use crate::player::{encode, encode_input};
use crate::random::Random;
use crate::websocket::frame;

const BINARY: OpCode = OpCode::Data(Data::Binary);
const TEXT: OpCode = OpCode::Data(Data::Text);
const CONTINUE: OpCode = OpCode::Data(Data::Continue);
const PING: OpCode = OpCode::Control(Control::Ping);
const PONG: OpCode = OpCode::Control(Control::Pong);
const CLOSE: OpCode = OpCode::Control(Control::Close);

/// The bit of a frame's first byte that says that it ends its message.
const FINAL: u8 = 0x80;

/// Any two bytes of a head, with any bytes behind them.
pub(super) fn random(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(3) {
        let head = random.bytes(2);
        bytes.extend_from_slice(&head);
        let len = random.below(200);
        bytes.extend(random.bytes(len));
    }
    bytes
}

/// Good frames with faults.
pub(super) fn mutated(random: &mut Random) -> Vec<u8> {
    let good: Vec<u8> = (0..=random.below(4)).flat_map(|_| good(random)).collect();
    random.mutated(&good)
}

fn good(random: &mut Random) -> Vec<u8> {
    let mask = random.below(usize::MAX) as u32;
    let ping = encode(&ClientMessage::Ping { client_time_us: 1 });
    let input = encode_input(mask, &ArenaInput::Move { dx: 1.0, dy: 2.0 });
    match random.below(6) {
        0 => frame(BINARY, mask, &ping),
        1 => frame(BINARY, mask, &input),
        2 => frame(PING, mask, &random.bytes(125)),
        3 => frame(PONG, mask, b""),
        4 => frame(CLOSE, mask, &encode_close(1000, "bye")),
        _ => {
            let (begin, end) = input.split_at(random.below(input.len()));
            [
                unfinished(frame(BINARY, mask, begin)),
                frame(PING, mask, b"between"),
                frame(CONTINUE, mask, end),
            ]
            .concat()
        }
    }
}

/// Frames each of which is legal somewhere else.
pub(super) fn in_wrong_order(random: &mut Random) -> Vec<u8> {
    let close = |code| frame(CLOSE, 9, &encode_close(code, ""));
    let ping = encode(&ClientMessage::Ping { client_time_us: 1 });
    let choices: [Vec<Vec<u8>>; 9] = [
        vec![frame(CONTINUE, 1, b"of nothing")],
        vec![frame(TEXT, 1, b"{\"json\":true}")],
        vec![close(1000), frame(BINARY, 2, &ping), close(1001)],
        vec![unfinished(frame(BINARY, 1, b"a")), frame(BINARY, 2, b"b")],
        vec![unfinished(frame(PING, 1, b"a")), frame(CONTINUE, 2, b"b")],
        vec![close(1005), close(1006), close(999)],
        vec![
            unfinished(frame(TEXT, 1, b"\xc3")),
            frame(CONTINUE, 2, b"("),
        ],
        vec![b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()],
        vec![frame(BINARY, 1, &ping), frame(CLOSE, 2, b"\x03")],
    ];
    random.pick(&choices).concat()
}

/// More small frames than a client may send in a second.
pub(super) fn flood(random: &mut Random) -> Vec<u8> {
    let one = match random.below(5) {
        0 => frame(PING, 1, b""),
        1 => frame(PONG, 1, b""),
        2 => frame(
            BINARY,
            1,
            &encode(&ClientMessage::Ping { client_time_us: 1 }),
        ),
        3 => frame(
            BINARY,
            1,
            &encode_input(1, &ArenaInput::Move { dx: 0.0, dy: 0.0 }),
        ),
        // Fragments of a message that does not end.
        _ => unfinished(frame(CONTINUE, 1, b"")),
    };
    let begin = unfinished(frame(BINARY, 1, b""));
    [begin, one.repeat(300 + random.below(300))].concat()
}

/// The same frame, with others of its message to follow.
fn unfinished(mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] &= !FINAL;
    frame
}
