//! From a connection's outbox to its peer, and moving between threads.

use std::os::fd::OwnedFd;

use bytes::Bytes;
use downbeat_net::socket::{Batch, Flushed, Interest, Recv, Stream, flush, send_message};
use downbeat_net::ws::{
    Data, Incoming, OpCode, Reader, Role, Upgrade, encode_masked, read_response, write_request,
};
use downbeat_net::{Connection, Delivery, Event, Part, ReadBuffer};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::loopback::{loopback, pair, recv_exactly, wait_for};

// Sockets need a clock no more than the rest: what is waited for is always on its way.
const NOW: Timestamp = Timestamp(1);

/// A server's connection with its socket, past the handshake, and the client's socket.
fn websocket(limits: &Limits) -> (Connection, Stream, Stream) {
    let (server, client) = pair();
    let key = *b"sixteen bytes...";
    let mut request = Vec::new();
    write_request(&mut request, "localhost", "/p/r", "downbeat.v1", key);
    client.send(&request);
    let mut connection = Connection::new(loopback(), NOW);
    let mut read = ReadBuffer::new(1 << 16);
    wait_for(&server, Interest::READ);
    let Recv::Bytes(len) = server.recv(read.space()) else {
        panic!("it is ready");
    };
    read.filled(len);
    let Some(Event::Request(request)) = connection.next_event(&mut read, limits, NOW) else {
        panic!("the request is whole");
    };
    let upgrade = Upgrade::check(&request, &["downbeat.v1"]).unwrap();
    connection.upgrade(&upgrade, NOW);
    let len = connection.queued_bytes();
    let mut batch = Batch::default();
    let flushed = flush(&mut connection, &server, &mut batch, NOW);
    assert_eq!(flushed, Flushed::All);
    assert_eq!(batch.take_sent_bytes(), len as u64);
    assert_eq!(batch.take_sent_bytes(), 0, "counted once");
    let response = recv_exactly(&client, len);
    assert_eq!(read_response(&response, key), Ok(Some(len)));
    (connection, server, client)
}

#[test]
fn a_message_is_sent_at_once_or_waits_and_none_is_damaged() {
    let limits = Limits {
        outbox_bytes_max: 1 << 24,
        ..Limits::default()
    };
    let (mut connection, server, client) = websocket(&limits);
    let shared = Bytes::from((0..=255).cycle().take(3_000).collect::<Vec<u8>>());
    let large = Bytes::from(vec![9; 200_000]);
    let mut batch = Batch::default();
    let (mut sent, mut queued) = (0u32, 0u32);
    // Until a large message is cut by the full socket, and some wait behind it.
    while queued < 10 {
        let number = (sent + queued).to_be_bytes();
        let body = if (sent + queued) % 3 == 2 {
            &large
        } else {
            &shared
        };
        let parts = [Part::Own(&number), Part::Shared(body)];
        match send_message(&mut connection, &server, &mut batch, &parts, &limits, NOW) {
            Delivery::Sent => sent += 1,
            Delivery::Queued => queued += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(sent > 0 && connection.wants_to_send());
    let mut reader = Reader::new(Role::Client);
    let mut read = ReadBuffer::new(1 << 16);
    let mut next = 0u32;
    while next < sent + queued {
        flush(&mut connection, &server, &mut batch, NOW);
        wait_for(&client, Interest::READ);
        let Recv::Bytes(len) = client.recv(read.space()) else {
            panic!("it is ready");
        };
        read.filled(len);
        while let Some(incoming) = reader.next(&mut read, 1 << 20).unwrap() {
            let body = if next % 3 == 2 { &large } else { &shared };
            let expected = [&next.to_be_bytes()[..], body].concat();
            assert!(incoming == Incoming::Binary(&expected), "message {next}");
            next += 1;
        }
    }
    assert!(!connection.wants_to_send());
}

#[test]
fn a_slow_reader_gets_a_snapshot_once() {
    let limits = Limits {
        outbox_bytes_max: 4_096,
        ..Limits::default()
    };
    let (mut connection, server, client) = websocket(&limits);
    let mut batch = Batch::default();
    let mut received = fill_until(&mut connection, &server, Delivery::Overflow, &limits);
    let late = send_message(
        &mut connection,
        &server,
        &mut batch,
        &[Part::Own(b"x")],
        &limits,
        NOW,
    );
    assert_eq!(late, Delivery::Skipped);
    while !connection.is_drained() {
        received -= recv_exactly(&client, received.min(1 << 16)).len();
        flush(&mut connection, &server, &mut batch, NOW);
    }
    connection.resume();
    let snapshot = Bytes::from(vec![1; 10_000]);
    let parts = [Part::Shared(&snapshot)];
    let delivery = send_message(&mut connection, &server, &mut batch, &parts, &limits, NOW);
    assert!(matches!(delivery, Delivery::Sent | Delivery::Queued));
    fill_until(&mut connection, &server, Delivery::SlowReader, &limits);
}

/// Sends until the delivery is `last`; returns the bytes that the socket took.
fn fill_until(
    connection: &mut Connection,
    stream: &Stream,
    last: Delivery,
    limits: &Limits,
) -> usize {
    let (payload, mut batch, mut total) = (Bytes::from(vec![0; 1_000]), Batch::default(), 0);
    loop {
        let parts = [Part::Shared(&payload)];
        let waited = connection.queued_bytes();
        let delivery = send_message(connection, stream, &mut batch, &parts, limits, NOW);
        match delivery {
            Delivery::Sent | Delivery::Queued => {
                total += waited + 1_004 - connection.queued_bytes();
            }
            delivery => {
                assert_eq!(delivery, last);
                return total;
            }
        }
    }
}

#[test]
fn a_refused_client_reads_why() {
    let limits = Limits::default();
    let (server, client) = pair();
    let mut connection = Connection::new(loopback(), NOW);
    let mut read = ReadBuffer::new(1 << 16);
    client.send(b"GET / HTTP/3.0\r\n\r\n");
    wait_for(&server, Interest::READ);
    let Recv::Bytes(len) = server.recv(read.space()) else {
        panic!("it is ready");
    };
    read.filled(len);
    while connection.next_event(&mut read, &limits, NOW).is_some() {}
    let len = connection.queued_bytes();
    // The client goes on talking: bytes that nobody will understand.
    client.send(&[0; 10_000]);
    flush(&mut connection, &server, &mut Batch::default(), NOW);
    assert!(!connection.is_finished(), "it waits for the client's end");
    let answer = recv_exactly(&client, len);
    assert!(answer.starts_with(b"HTTP/1.1 505 "));
    wait_for(&client, Interest::READ);
    assert_eq!(
        client.recv(&mut [0; 8]),
        Recv::Ended,
        "and knows it is over"
    );
}

#[test]
fn a_connection_moves_to_another_thread_with_its_unread_frames() {
    let (server, client) = pair();
    let mut bytes = Vec::new();
    write_request(&mut bytes, "localhost", "/p/r", "downbeat.v1", [3; 16]);
    encode_masked(&mut bytes, OpCode::Data(Data::Binary), [9; 4], b"early");
    client.send(&bytes);
    let mut connection = Connection::new(loopback(), NOW);
    let mut read = ReadBuffer::new(1 << 16);
    read.fill(&recv_exactly(&server, bytes.len()));
    let event = connection.next_event(&mut read, &Limits::default(), NOW);
    let Some(Event::Request(request)) = event else {
        panic!("{event:?}");
    };
    let upgrade = Upgrade::check(&request, &["downbeat.v1"]).unwrap();
    connection.upgrade(&upgrade, NOW);
    let fd = OwnedFd::from(server);
    let other_shard = std::thread::spawn(move || {
        let (server, mut read) = (Stream::from(fd), ReadBuffer::new(1 << 16));
        flush(&mut connection, &server, &mut Batch::default(), NOW);
        assert!(connection.has_held_bytes());
        let event = connection.next_event(&mut read, &Limits::default(), NOW);
        assert!(matches!(event, Some(Event::Binary(b"early"))), "{event:?}");
        assert!(!connection.has_held_bytes());
    });
    other_shard.join().unwrap();
    assert_eq!(recv_exactly(&client, 12), b"HTTP/1.1 101");
}
