//! Well-formed frames with anything in them.

use downbeat::rooms::ArenaInput;
use downbeat_schemas::client::ClientMessage;

use crate::player::{encode, encode_input};
use crate::random::Random;
use crate::websocket::binary_frame;

/// Messages of a frame's length each.
pub(super) fn random(random: &mut Random) -> Vec<u8> {
    let len = match random.below(10) {
        0 => 50_000 + random.below(20_000),
        _ => random.below(200),
    };
    binary_frame(&random.bytes(len))
}

/// FlatBuffers with faults.
pub(super) fn mutated(random: &mut Random) -> Vec<u8> {
    several(random, |random| {
        let good = good(random);
        random.mutated(&good)
    })
}

/// Good FlatBuffers around MessagePack with faults, or around bytes that no room expects.
pub(super) fn mutated_payload(random: &mut Random) -> Vec<u8> {
    several(random, |random| {
        let seq = random.below(usize::MAX) as u32;
        let payload = payload(random);
        if random.one_in(5) {
            return encode(&ClientMessage::Raw {
                seq,
                payload: &payload,
            });
        }
        encode(&ClientMessage::Input {
            seq,
            payload: &payload,
        })
    })
}

fn several(random: &mut Random, mut message: impl FnMut(&mut Random) -> Vec<u8>) -> Vec<u8> {
    let count = 1 + random.below(4);
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.extend(binary_frame(&message(random)));
    }
    bytes
}

fn good(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => encode(&ClientMessage::Ping { client_time_us: 7 }),
        1 => encode(&ClientMessage::Leave),
        2 => encode(&ClientMessage::Raw {
            seq: 1,
            payload: &[1, 2, 3],
        }),
        _ => encode_input(1, &ArenaInput::Move { dx: 1.0, dy: -1.0 }),
    }
}

fn payload(random: &mut Random) -> Vec<u8> {
    let good = b"\x81\xa4move\x82\xa2dx\xca\x3f\x80\x00\x00\xa2dy\xca\xbf\x80\x00\x00";
    match random.below(5) {
        // Numbers that are none, and such that no place is.
        0 => b"\x81\xa4move\x82\xa2dx\xca\x7f\xc0\x00\x00\xa2dy\xca\xff\x80\x00\x00".to_vec(),
        // Nested without end.
        1 => b"\x91".repeat(1 + random.below(20_000)),
        // Lengths that nothing follows.
        2 => [
            random.pick(&[0xdd, 0xdf, 0xdb, 0xc6]),
            &0xff_u8,
            &0xff,
            &0xff,
            &0xff,
        ]
        .into_iter()
        .copied()
        .collect(),
        _ => random.mutated(good),
    }
}
