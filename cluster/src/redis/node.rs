//! The address of one Redis server.

use std::fmt;

/// A Redis server, by where it listens: never a node of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RedisNode {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl RedisNode {
    /// Reads `HOST:PORT`, where an IPv6 address may have brackets or not, as Redis writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = inner.unwrap_or(host).to_owned();
        Some(Self { host, port })
    }
}

impl fmt::Display for RedisNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            return write!(formatter, "[{host}]:{port}");
        }
        write!(formatter, "{host}:{port}")
    }
}
