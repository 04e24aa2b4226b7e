//! One non-blocking socket to the server, with the bytes that it did not take yet.

use std::io;
use std::net::SocketAddr;

use downbeat_net::socket::{Interest, Poller, Recv, Sent, Stream};

use super::arrivals::{Arrivals, Arrived};

/// Connected or about to be. What is sent before that waits.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    token: u64,
    /// What the poller watches it for: nothing, if it is not in there.
    watched_for: Option<Interest>,
    is_connected: bool,
    unsent: Vec<u8>,
}

impl Wire {
    /// Begins to connect; `poller` reports with `token`.
    pub(super) fn connect(address: SocketAddr, token: u64, poller: &Poller) -> io::Result<Self> {
        let stream = Stream::connect(address)?;
        Arrivals::stamp(&stream)?;
        poller.add(&stream, token, Interest::READ_WRITE)?;
        Ok(Self {
            stream,
            token,
            watched_for: Some(Interest::READ_WRITE),
            is_connected: false,
            unsent: Vec::new(),
        })
    }

    /// Reads what has come.
    pub(super) fn recv(&self, space: &mut [u8]) -> Recv {
        self.stream.recv(space)
    }

    /// Reads what has come, and when.
    pub(super) fn recv_stamped(&self, space: &mut [u8], arrivals: &mut Arrivals) -> Arrived {
        arrivals.recv(&self.stream, space)
    }

    /// Sends, or keeps for later what the socket does not take.
    pub(super) fn send(&mut self, bytes: &[u8], poller: &Poller) -> io::Result<()> {
        if !self.is_connected || self.is_blocked() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = self.offer(bytes)?;
        if sent < bytes.len() {
            self.unsent.extend_from_slice(&bytes[sent..]);
            self.watch(Some(Interest::READ_WRITE), poller)?;
        }
        Ok(())
    }

    /// The socket is writable: connected at last, or with room again.
    pub(super) fn on_writable(&mut self, poller: &Poller) -> io::Result<()> {
        if !self.is_connected {
            self.stream.check_connected()?;
            self.is_connected = true;
        }
        if self.is_blocked() {
            let sent = self.offer(&self.unsent)?;
            self.unsent.drain(..sent);
        }
        if !self.is_blocked() {
            // Most never block again: the memory of the handshake is not kept for each client.
            self.unsent = Vec::new();
            self.watch(Some(Interest::READ), poller)?;
        }
        Ok(())
    }

    /// Whether the poller reports when there is something to read. What waits to be sent is watched
    /// for in any case.
    pub(super) fn watch_reads(&mut self, watches: bool, poller: &Poller) -> io::Result<()> {
        let interest = match (watches, self.is_blocked()) {
            (_, true) => Some(Interest::READ_WRITE),
            (true, false) => Some(Interest::READ),
            (false, false) => None,
        };
        self.watch(interest, poller)
    }

    /// Whether bytes wait for the socket.
    pub(super) const fn is_blocked(&self) -> bool {
        !self.unsent.is_empty()
    }

    fn offer(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.stream.send(bytes) {
            Sent::Bytes(sent) => Ok(sent),
            Sent::Blocked => Ok(0),
            Sent::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn watch(&mut self, interest: Option<Interest>, poller: &Poller) -> io::Result<()> {
        match (self.watched_for, interest) {
            (before, after) if before == after => {}
            (None, Some(interest)) => poller.add(&self.stream, self.token, interest)?,
            (Some(_), Some(interest)) => poller.modify(&self.stream, self.token, interest)?,
            (_, None) => poller.remove(&self.stream)?,
        }
        self.watched_for = interest;
        Ok(())
    }
}
