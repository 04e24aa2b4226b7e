//! The port.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::stream::Stream;

/// All sockets of a server: never blocking, not inherited by child processes.
const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

/// A listening socket. Each shard has its own on the same address: the kernel spreads new
/// connections over them (`SO_REUSEPORT`).
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
    address: SocketAddr,
}

/// Why no port is to be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "{address} is in use by another process; stop it (`ss -ltnp` names it) or choose another \
         port with --listen or PORT"
    )]
    InUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// A port below `net.ipv4.ip_unprivileged_port_start`.
    #[error(
        "no permission to listen on {address}; use a port of 1024 or more, or grant the binary \
         CAP_NET_BIND_SERVICE"
    )]
    NoPermission {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// No interface has the address.
    #[error("{address} is no address of this machine; write 0.0.0.0 or [::] to listen on all")]
    NoSuchAddress {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Why no connection could be accepted although one waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// The process or the system has no file descriptor left. The connection waits in the backlog:
    /// try again when one was closed, not at once.
    #[error("no file descriptors left; raise the limit with `ulimit -n` or LimitNOFILE=")]
    NoDescriptors,
    /// Anything else, out of memory for one.
    #[error("cannot accept a connection: {0}")]
    Other(Errno),
}

impl Listener {
    /// Listens on `address`, v4 or v6; `[::]` takes both. Up to `backlog` connections wait for
    /// [`Self::accept`].
    ///
    /// # Errors
    /// [`BindError`] names the fix. A second process of the same user that shares the port is not
    /// an error here: see [`Self::check_free`].
    pub fn bind(address: SocketAddr, backlog: u32) -> Result<Self, BindError> {
        let open = || {
            let fd = socket(address)?;
            sockopt::set_socket_reuseport(&fd, true)?;
            // Accepted sockets inherit it: one system call less for each.
            sockopt::set_tcp_nodelay(&fd, true)?;
            rustix::net::bind(&fd, &address)?;
            rustix::net::listen(&fd, i32::try_from(backlog).unwrap_or(i32::MAX))?;
            let address = SocketAddr::try_from(rustix::net::getsockname(&fd)?)?;
            Ok(Self { fd, address })
        };
        open().map_err(|error| BindError::new(address, error))
    }

    /// Whether nobody listens on `address`. [`Self::bind`] would share the port with another
    /// process of the same user; a server that starts wants to know.
    ///
    /// # Errors
    /// [`BindError`] as of `bind`.
    pub fn check_free(address: SocketAddr) -> Result<(), BindError> {
        socket(address)
            .and_then(|fd| rustix::net::bind(fd, &address))
            .map_err(|error| BindError::new(address, error))
    }

    /// The address, with the port that the kernel chose if 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection, non-blocking and without Nagle's delay; `None` if none waits.
    ///
    /// # Errors
    /// [`AcceptError`]; connections that were lost while they waited are skipped.
    pub fn accept(&self) -> Result<Option<(Stream, SocketAddr)>, AcceptError> {
        loop {
            match rustix::net::acceptfrom_with(&self.fd, FLAGS) {
                Ok((fd, peer)) => {
                    let Some(peer) = peer.and_then(|peer| SocketAddr::try_from(peer).ok()) else {
                        continue;
                    };
                    return Ok(Some((Stream::new(fd), canonical(peer))));
                }
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::MFILE | Errno::NFILE) => return Err(AcceptError::NoDescriptors),
                Err(error) if is_of_the_connection(error) => {}
                Err(error) => return Err(AcceptError::Other(error)),
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl BindError {
    fn new(address: SocketAddr, source: Errno) -> Self {
        match source {
            Errno::ADDRINUSE => Self::InUse { address },
            Errno::ACCESS | Errno::PERM => Self::NoPermission { address },
            Errno::ADDRNOTAVAIL => Self::NoSuchAddress { address },
            _ => Self::Other {
                address,
                source: source.into(),
            },
        }
    }
}

fn socket(address: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let fd = rustix::net::socket_with(family, SocketType::STREAM, FLAGS, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&fd, false)?;
    }
    // A restart need not wait for the last server's connections to leave TIME_WAIT.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    Ok(fd)
}

/// A v4 client of a `[::]` listener shows as v4: limits per address must not see it twice.
fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

/// accept(2): errors of the connection that waited, not of the listener.
const fn is_of_the_connection(error: Errno) -> bool {
    matches!(
        error,
        Errno::CONNABORTED
            | Errno::INTR
            | Errno::PROTO
            | Errno::PERM
            | Errno::NETDOWN
            | Errno::NETUNREACH
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::NOPROTOOPT
            | Errno::NONET
            | Errno::OPNOTSUPP
    )
}
