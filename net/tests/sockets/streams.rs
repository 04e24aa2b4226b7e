//! Listeners, streams, readiness and wake-ups.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use downbeat_net::socket::{BindError, Interest, Listener, Poller, Recv, Sent, Stream, Waker};

use crate::loopback::{fill, loopback, pair, recv_exactly, wait, wait_for};

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
    #[expect(
        clippy::disallowed_methods,
        reason = "a stranger, who does not set SO_REUSEPORT"
    )]
    let stranger = std::net::TcpListener::bind(loopback()).unwrap();
    let taken = stranger.local_addr().unwrap();
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
