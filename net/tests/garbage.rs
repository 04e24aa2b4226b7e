//! Seeded random input: valid streams with faults in them, and bytes without any sense. Nothing
//! panics, and the events are the same however the bytes are cut.

use downbeat_net::fuzzing::{http_request, websocket_frames};
use downbeat_net::ws::{Control, Data, OpCode, encode_masked};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

const ROUNDS: u64 = 3_000;

const REQUESTS: [&str; 5] = [
    "GET /rooms?name=arena HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
    "POST /matchmake/joinOrCreate/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n\
     {\"channel\":\"dev\"}",
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET /p/r HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
];

fn below(rng: &mut Pcg32, end: usize) -> usize {
    rng.next_u32() as usize % end
}

fn requests(rng: &mut Pcg32) -> Vec<u8> {
    let count = 1 + below(rng, 4);
    (0..count)
        .flat_map(|_| REQUESTS[below(rng, REQUESTS.len())].bytes())
        .collect()
}

fn frames(rng: &mut Pcg32) -> Vec<u8> {
    const OPCODES: [OpCode; 6] = [
        OpCode::Data(Data::Binary),
        OpCode::Data(Data::Text),
        OpCode::Data(Data::Continue),
        OpCode::Control(Control::Ping),
        OpCode::Control(Control::Pong),
        OpCode::Control(Control::Close),
    ];
    let mut frames = Vec::new();
    for _ in 0..1 + below(rng, 10) {
        // Close frames are rare: nothing matters after one.
        let opcode = OPCODES[below(rng, 51) / 10];
        let len = [0, 2, 5, 125, 126, 300][below(rng, 6)];
        let start = frames.len();
        encode_masked(
            &mut frames,
            opcode,
            rng.next_u32().to_be_bytes(),
            &vec![b'a'; len],
        );
        if below(rng, 3) == 0 {
            // Not the last fragment.
            frames[start] &= 0x7f;
        }
    }
    frames
}

/// Changes, drops, doubles or cuts a few bytes.
fn damage(bytes: &mut Vec<u8>, rng: &mut Pcg32) {
    for _ in 0..below(rng, 4) {
        let at = below(rng, bytes.len().max(1));
        match below(rng, 5) {
            _ if bytes.is_empty() => {}
            0 => bytes[at] ^= 1 << below(rng, 8),
            1 => bytes[at] = rng.next_u32() as u8,
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, [b'\r', b'\n', b' ', b':', 0x80, 0xff][below(rng, 6)]),
            _ => bytes.truncate(at),
        }
    }
}

fn noise(rng: &mut Pcg32) -> Vec<u8> {
    (0..below(rng, 300)).map(|_| rng.next_u32() as u8).collect()
}

#[test]
fn damaged_requests() {
    for seed in 0..ROUNDS {
        let mut rng = Pcg32::new(seed, 1);
        let mut bytes = requests(&mut rng);
        bytes.extend(frames(&mut rng));
        damage(&mut bytes, &mut rng);
        http_request(&bytes);
        http_request(&noise(&mut rng));
    }
}

#[test]
fn damaged_frames() {
    for seed in 0..ROUNDS {
        let mut rng = Pcg32::new(seed, 2);
        let mut bytes = frames(&mut rng);
        damage(&mut bytes, &mut rng);
        bytes.extend(frames(&mut rng));
        websocket_frames(&bytes);
        websocket_frames(&noise(&mut rng));
    }
}
