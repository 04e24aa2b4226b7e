//! Where the servers listen.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that Linux gives to outgoing connections: while a server is down nobody gets its
/// port by chance, so it can come back.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// A port of loopback on which nobody listens at this moment. No port is given out twice in a
/// process before all were; another process may still take it first.
///
/// # Panics
/// Never: its numbers are those of ports.
pub fn free_port() -> u16 {
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = u16::try_from(FIRST + number).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Begins anywhere, so that processes at the same time seldom try the same ports.
static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| {
    let random = RandomState::new().build_hasher().finish();
    AtomicU32::new(u32::try_from(random % u64::from(COUNT)).unwrap())
});
