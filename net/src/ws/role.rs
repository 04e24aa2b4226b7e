//! The two ends of a connection.

/// Which side reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads a client's frames: they must be masked.
    Server,
    /// Reads a server's frames: they must not be masked.
    Client,
}
