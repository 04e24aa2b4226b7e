//! What does a client's message cost, from received bytes to what it says?

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use downbeat_net::ReadBuffer;
use downbeat_net::ws::{Data, OpCode, Reader, Role, encode_masked};
use downbeat_schemas::client::ClientMessage;
use flatbuffers::FlatBufferBuilder;

/// Messages that one `recv` brings.
const MESSAGES: u64 = 64;
const CAPACITY_BYTES: usize = 64 << 10;
const FRAME_BYTES_MAX: u64 = 16 << 10;
/// The arena's `move`, as the load generator sends it: MessagePack of some 20 bytes.
const INPUT: &[u8] = b"\x81\xa4move\x82\xa2dx\xca\x3f\x80\x00\x00\xa2dy\xca\x3f\x80\x00\x00";

fn frames(criterion: &mut Criterion) {
    let received = received();
    let mut buffer = ReadBuffer::new(CAPACITY_BYTES);
    let mut group = criterion.benchmark_group("frames");
    group.throughput(Throughput::Elements(MESSAGES));
    group.bench_function("to WebSocket messages", |bencher| {
        bencher.iter(|| {
            read(&mut buffer, &received, |payload| {
                black_box(payload);
            });
        });
    });
    group.bench_function("to verified inputs", |bencher| {
        bencher.iter(|| {
            read(&mut buffer, &received, |payload| {
                let message = ClientMessage::decode(payload);
                black_box(message.expect("it was encoded here"));
            });
        });
    });
}

/// What a `recv` brings of a client that was not read for a while.
fn received() -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let mut bytes = Vec::new();
    for seq in 0..MESSAGES as u32 {
        let message = ClientMessage::Input {
            seq,
            payload: INPUT,
        };
        let mask = (seq ^ 0x5EED_0123).to_be_bytes();
        let payload = message.encode(&mut builder);
        encode_masked(&mut bytes, OpCode::Data(Data::Binary), mask, payload);
    }
    bytes
}

fn read(buffer: &mut ReadBuffer, received: &[u8], mut message: impl FnMut(&[u8])) {
    let mut reader = Reader::new(Role::Server);
    buffer.fill(received);
    let mut messages = 0;
    while let Some(incoming) = reader
        .next(buffer, FRAME_BYTES_MAX)
        .expect("the frames are well formed")
    {
        message(incoming.payload());
        messages += 1;
    }
    assert_eq!(messages, MESSAGES);
}

criterion_group!(benches, frames);
criterion_main!(benches);
