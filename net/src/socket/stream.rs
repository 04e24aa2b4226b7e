//! One connected socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType};

/// A TCP socket that never blocks. Closed when dropped; may move to another thread.
#[derive(Debug)]
pub struct Stream {
    fd: OwnedFd,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recv {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing has come.
    Empty,
    /// The peer sends no more.
    Ended,
    /// The connection is lost.
    Broken,
}

/// What the socket took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// So many bytes, at least one, of what was offered.
    Bytes(usize),
    /// Nothing: its buffer is full until it becomes writable.
    Blocked,
    /// The connection is lost.
    Broken,
}

impl Stream {
    pub(super) const fn new(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Begins to connect; the stream becomes writable when it is connected or has failed:
    /// [`Self::check_connected`] then tells which. For load generators.
    ///
    /// # Errors
    /// What the kernel says at once.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        rustix::net::sockopt::set_tcp_nodelay(&fd, true)?;
        match rustix::net::connect(&fd, &address) {
            Ok(()) | Err(Errno::INPROGRESS) => Ok(Self { fd }),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether [`Self::connect`] succeeded, once the stream is writable.
    ///
    /// # Errors
    /// Why it did not, or `NotConnected` if it is asked too early.
    pub fn check_connected(&self) -> io::Result<()> {
        rustix::net::sockopt::socket_error(&self.fd)??;
        match rustix::net::getpeername(&self.fd)? {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads what has come, at most `buffer.len()` bytes, which must not be zero.
    pub fn recv(&self, buffer: &mut [u8]) -> Recv {
        assert!(!buffer.is_empty(), "an empty read looks like the end");
        loop {
            match rustix::net::recv(&self.fd, &mut *buffer, RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Recv::Ended,
                Ok((len, _)) => return Recv::Bytes(len),
                Err(Errno::AGAIN) => return Recv::Empty,
                Err(Errno::INTR) => {}
                Err(_) => return Recv::Broken,
            }
        }
    }

    /// Offers bytes, which must not be none, to the socket.
    pub fn send(&self, bytes: &[u8]) -> Sent {
        // A peer that is gone is an answer here, not a SIGPIPE to the process.
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        loop {
            match rustix::net::send(&self.fd, bytes, flags) {
                Ok(len) => return Sent::Bytes(len),
                Err(Errno::AGAIN | Errno::NOBUFS) => return Sent::Blocked,
                Err(Errno::INTR) => {}
                Err(_) => return Sent::Broken,
            }
        }
    }

    /// Tells the peer that nothing more will come. Reading goes on.
    pub fn end_writing(&self) {
        // It fails only on a connection that is lost, and then reading says so.
        let _ = rustix::net::shutdown(&self.fd, Shutdown::Write);
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for Stream {
    /// Takes over a connected socket; reads and writes do not block whatever its flags.
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl From<Stream> for OwnedFd {
    fn from(stream: Stream) -> Self {
        stream.fd
    }
}
