//! The server that is loaded: its URL and its addresses.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A server that is there answers a connect at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const HTTP_PORT: u16 = 80;

/// Where to connect, and what to call it in requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host and port as in the URL: the `Host` header.
    pub(crate) authority: String,
    /// The path of the URL without its last slash: in front of all requests.
    pub(crate) prefix: String,
    pub(crate) address: SocketAddr,
}

/// Why there is nothing to load.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("--url {url}: expected http://HOST:PORT; TLS is the proxy's in front of the server")]
    NotHttp { url: String },
    #[error("{authority}: no such host or port: {source}")]
    Unresolved {
        authority: String,
        source: io::Error,
    },
    #[error(
        "cannot connect to {authority}: {source}; is the server running? Start it with \
         `downbeat serve`, or name another with --url"
    )]
    Unreachable {
        authority: String,
        source: io::Error,
    },
}

impl Target {
    /// Resolves `url` to the first of its addresses that takes a connection. Blocks.
    pub(crate) fn find(url: &str) -> Result<Self, TargetError> {
        let (authority, prefix) = split_url(url)?;
        let address = reach(authority)?;
        Ok(Self {
            authority: authority.to_owned(),
            prefix: prefix.to_owned(),
            address,
        })
    }
}

/// Addresses of nodes that want their clients to connect directly.
#[derive(Debug, Default)]
pub(crate) struct PublicAddresses {
    known: BTreeMap<String, SocketAddr>,
}

impl PublicAddresses {
    /// The address of `host:port`. Blocks at the first call for each.
    pub(crate) fn resolve(&mut self, authority: &str) -> Result<SocketAddr, TargetError> {
        if let Some(known) = self.known.get(authority) {
            return Ok(*known);
        }
        let address = reach(authority)?;
        self.known.insert(authority.to_owned(), address);
        Ok(address)
    }
}

fn split_url(url: &str) -> Result<(&str, &str), TargetError> {
    let not_http = || TargetError::NotHttp {
        url: url.to_owned(),
    };
    let rest = url.strip_prefix("http://").ok_or_else(not_http)?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.is_empty() || authority.contains('@') {
        return Err(not_http());
    }
    Ok((authority, prefix.trim_end_matches('/')))
}

fn reach(authority: &str) -> Result<SocketAddr, TargetError> {
    let unresolved = |source| TargetError::Unresolved {
        authority: authority.to_owned(),
        source,
    };
    let mut refusal = io::ErrorKind::AddrNotAvailable.into();
    for address in resolve(authority).map_err(unresolved)? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = error,
        }
    }
    Err(TargetError::Unreachable {
        authority: authority.to_owned(),
        source: refusal,
    })
}

fn resolve(authority: &str) -> io::Result<impl Iterator<Item = SocketAddr>> {
    // What follows the last colon is a port unless that colon stands in an IPv6 address.
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'));
    if has_port {
        return authority.to_socket_addrs();
    }
    let host = authority.trim_start_matches('[').trim_end_matches(']');
    (host, HTTP_PORT).to_socket_addrs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn check(url: &str, expected: Option<(&str, &str)>) {
        assert_eq!(split_url(url).ok(), expected, "{url}");
    }

    #[test]
    fn a_url_is_host_port_and_prefix() {
        check("http://127.0.0.1:2567", Some(("127.0.0.1:2567", "")));
        check("http://game/", Some(("game", "")));
        check("http://[::1]:80/eu/?a=b", Some(("[::1]:80", "/eu")));
        check("https://game", None);
        check("127.0.0.1:2567", None);
        check("http:///x", None);
        check("http://user@game", None);
    }

    #[test]
    fn a_port_may_be_left_out() {
        for (authority, expected) in [
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("127.0.0.1", "127.0.0.1:80"),
            ("[::1]:9", "[::1]:9"),
            ("[::1]", "[::1]:80"),
        ] {
            let found: Vec<_> = resolve(authority).unwrap().collect();
            assert_eq!(found, [expected.parse().unwrap()], "{authority}");
        }
    }

    #[test]
    fn nobody_there_is_said_with_the_command_to_start() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let error = Target::find(&format!("http://{address}")).unwrap_err();
        assert!(error.to_string().contains("downbeat serve"), "{error}");
    }
}
