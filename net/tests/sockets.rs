//! Real sockets on the loopback interface.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use downbeat_net::socket::{
    BindError, Flushed, Interest, Listener, Poller, Readiness, Recv, Sent, Stream, Waker, flush,
    send_message,
};
use downbeat_net::ws::{
    Data, Incoming, OpCode, Reader, Role, Upgrade, encode_masked, read_response, write_request,
};
use downbeat_net::{Connection, Delivery, Event, Part, ReadBuffer};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

// Sockets need a clock no more than the rest: what is waited for is always on its way.
const NOW: Timestamp = Timestamp(1);

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// Waits until one source is ready. A test that hangs here has failed.
fn wait(poller: &mut Poller) -> Readiness {
    let mut ready = poller.poll(None).unwrap();
    let first = ready.next().expect("no timeout was set");
    assert_eq!(ready.next(), None, "one source is watched");
    first
}

fn wait_for(source: &impl std::os::fd::AsFd, interest: Interest) -> Readiness {
    let mut poller = Poller::new().unwrap();
    poller.add(source, 7, interest).unwrap();
    wait(&mut poller)
}

fn accept(listener: &Listener) -> Stream {
    wait_for(listener, Interest::READ);
    listener.accept().unwrap().expect("it is ready").0
}

/// A connected pair: the server's stream and the client's.
fn pair() -> (Stream, Stream) {
    let listener = Listener::bind(loopback(), 16).unwrap();
    let client = Stream::connect(listener.address()).unwrap();
    let server = accept(&listener);
    wait_for(&client, Interest::WRITE);
    client.check_connected().unwrap();
    (server, client)
}

/// Sends until the socket takes no more: says how much it took.
fn fill(stream: &Stream) -> usize {
    let chunk = [0; 1 << 16];
    let mut total = 0;
    loop {
        match stream.send(&chunk) {
            Sent::Bytes(sent) => total += sent,
            Sent::Blocked => return total,
            Sent::Broken => panic!("the peer is there"),
        }
    }
}

fn recv_exactly(stream: &Stream, len: usize) -> Vec<u8> {
    let mut received = vec![0; len];
    let mut at = 0;
    while at < len {
        wait_for(stream, Interest::READ);
        match stream.recv(&mut received[at..]) {
            Recv::Bytes(more) => at += more,
            other => panic!("{other:?} after {at} bytes"),
        }
    }
    received
}

#[test]
fn shards_share_a_port_and_strangers_do_not() {
    let first = Listener::bind(loopback(), 16).unwrap();
    let address = first.address();
    assert_ne!(address.port(), 0);
    let second = Listener::bind(address, 16).unwrap();
    assert_eq!(second.address(), address);
    let error = Listener::check_free(address).unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("--listen"), "{error}");
    drop((first, second));
    Listener::check_free(address).unwrap();
    let std_listener = std::net::TcpListener::bind(loopback()).unwrap();
    let taken = std_listener.local_addr().unwrap();
    let error = Listener::bind(taken, 16).unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
    let elsewhere = ([192, 0, 2, 1], 0).into();
    let error = Listener::bind(elsewhere, 16).unwrap_err();
    assert!(matches!(error, BindError::NoSuchAddress { .. }), "{error}");
}

#[test]
fn accepted_sockets_are_ready_to_use() {
    let listener = Listener::bind(loopback(), 16).unwrap();
    assert!(listener.accept().unwrap().is_none());
    let client = Stream::connect(listener.address()).unwrap();
    wait_for(&listener, Interest::READ);
    let (server, peer) = listener.accept().unwrap().unwrap();
    assert!(peer.ip().is_loopback());
    assert!(rustix::net::sockopt::tcp_nodelay(&server).unwrap());
    let flags = rustix::io::fcntl_getfd(&server).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    assert_eq!(server.recv(&mut [0; 8]), Recv::Empty);
    assert_eq!(client.send(b"hello"), Sent::Bytes(5));
    assert_eq!(recv_exactly(&server, 5), b"hello");
}

#[test]
fn one_listener_takes_both_families() {
    let any = "[::]:0".parse().unwrap();
    // A machine without IPv6 has nothing to show here.
    let Ok(listener) = Listener::bind(any, 16) else {
        return;
    };
    let port = listener.address().port();
    for address in [
        SocketAddr::from(([127, 0, 0, 1], port)),
        SocketAddr::new("::1".parse().unwrap(), port),
    ] {
        let _client = Stream::connect(address).unwrap();
        wait_for(&listener, Interest::READ);
        let (_, peer) = listener.accept().unwrap().unwrap();
        assert_eq!(peer.ip(), address.ip(), "a v4 client shows as v4");
    }
}

#[test]
fn the_end_and_the_loss_of_a_connection_are_told_apart() {
    let (server, client) = pair();
    client.end_writing();
    wait_for(&server, Interest::READ);
    assert_eq!(server.recv(&mut [0; 8]), Recv::Ended);
    assert_eq!(server.send(b"last words"), Sent::Bytes(10));
    assert_eq!(recv_exactly(&client, 10), b"last words");
    // Unread bytes at the close: a reset.
    let (server, client) = pair();
    assert_eq!(server.send(b"unread"), Sent::Bytes(6));
    wait_for(&client, Interest::READ);
    drop(client);
    assert!(wait_for(&server, Interest::READ).is_broken);
    assert_eq!(server.recv(&mut [0; 8]), Recv::Broken);
    assert_eq!(server.send(b"x"), Sent::Broken);
    let nobody = Listener::bind(loopback(), 1).unwrap().address();
    let refused = Stream::connect(nobody).unwrap();
    wait_for(&refused, Interest::WRITE);
    let error = refused.check_connected().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_poller_reports_what_it_was_asked_for() {
    let (server, client) = pair();
    let mut poller = Poller::new().unwrap();
    poller.add(&server, 42, Interest::READ).unwrap();
    assert_eq!(poller.poll(Some(Duration::ZERO)).unwrap().len(), 0);
    client.send(b"x");
    for _ in 0..2 {
        let ready = wait(&mut poller);
        assert!(ready.readable && !ready.writable && !ready.is_broken);
        assert_eq!(ready.token, 42, "level-triggered: until it is read");
    }
    poller.modify(&server, 43, Interest::READ_WRITE).unwrap();
    let ready = wait(&mut poller);
    assert!(ready.readable && ready.writable && ready.token == 43);
    fill(&server);
    recv_exactly(&server, 1);
    poller.modify(&server, 43, Interest::READ).unwrap();
    let none = poller.poll(Some(Duration::from_millis(1))).unwrap().len();
    assert_eq!(none, 0);
    poller.remove(&server).unwrap();
    client.send(b"x");
    assert_eq!(poller.poll(Some(Duration::ZERO)).unwrap().len(), 0);
    assert!(poller.remove(&server).is_err());
}

#[test]
fn a_poller_can_be_slept_on_in_another() {
    let (waker, mut inner) = (Arc::new(Waker::new().unwrap()), Poller::new().unwrap());
    inner.add(&*waker, 1, Interest::READ).unwrap();
    assert!(!waker.drain());
    let other_thread = Arc::clone(&waker);
    let thread = std::thread::spawn(move || {
        other_thread.wake();
        other_thread.wake();
    });
    assert!(wait_for(&inner, Interest::READ).readable);
    thread.join().unwrap();
    assert_eq!(wait(&mut inner).token, 1);
    assert!(waker.drain());
    assert!(!waker.drain(), "many calls are one");
    assert_eq!(inner.poll(Some(Duration::ZERO)).unwrap().len(), 0);
}

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
    assert_eq!(
        flush(&mut connection, &server, &mut Vec::new(), NOW),
        Flushed::All
    );
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
    let mut batch = Vec::new();
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
    let mut batch = Vec::new();
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
    let (payload, mut batch, mut total) = (Bytes::from(vec![0; 1_000]), Vec::new(), 0);
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
    flush(&mut connection, &server, &mut Vec::new(), NOW);
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
        flush(&mut connection, &server, &mut Vec::new(), NOW);
        assert!(connection.has_held_bytes());
        let event = connection.next_event(&mut read, &Limits::default(), NOW);
        assert!(matches!(event, Some(Event::Binary(b"early"))), "{event:?}");
        assert!(!connection.has_held_bytes());
    });
    other_shard.join().unwrap();
    assert_eq!(recv_exactly(&client, 12), b"HTTP/1.1 101");
}
