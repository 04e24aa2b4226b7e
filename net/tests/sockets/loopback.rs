//! Connected pairs on the loopback interface, and waiting for them.

use std::net::SocketAddr;
use std::os::fd::AsFd;

use downbeat_net::socket::{Interest, Listener, Poller, Readiness, Recv, Sent, Stream};

pub(crate) fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// Waits until one source is ready. A test that hangs here has failed.
pub(crate) fn wait(poller: &mut Poller) -> Readiness {
    let mut ready = poller.poll(None).unwrap();
    let first = ready.next().expect("no timeout was set");
    assert_eq!(ready.next(), None, "one source is watched");
    first
}

pub(crate) fn wait_for(source: &impl AsFd, interest: Interest) -> Readiness {
    let mut poller = Poller::new().unwrap();
    poller.add(source, 7, interest).unwrap();
    wait(&mut poller)
}

fn accept(listener: &Listener) -> Stream {
    wait_for(listener, Interest::READ);
    listener.accept().unwrap().expect("it is ready").0
}

/// A connected pair: the server's stream and the client's.
pub(crate) fn pair() -> (Stream, Stream) {
    let listener = Listener::bind(loopback(), 16).unwrap();
    let client = Stream::connect(listener.address()).unwrap();
    let server = accept(&listener);
    wait_for(&client, Interest::WRITE);
    client.check_connected().unwrap();
    (server, client)
}

/// Sends until the socket takes no more: says how much it took.
pub(crate) fn fill(stream: &Stream) -> usize {
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

pub(crate) fn recv_exactly(stream: &Stream, len: usize) -> Vec<u8> {
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
