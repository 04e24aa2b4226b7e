//! Who may look: whoever knows the password; without one, whoever is on this machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use downbeat_schemas::close::MatchmakeCode;
use downbeat_schemas::time::Timestamp;

use crate::matchmake::{Caller, MatchmakeError};
use crate::server::settings::{Password, Settings};

/// In which `monitor_tries_max` wrong passwords are allowed.
const WINDOW: Duration = Duration::from_secs(1);
/// Addresses that are remembered for a wrong password. Beyond, the oldest is forgotten: by then its
/// second is over, or an attacker has more addresses than any limit helps against.
const ADDRESSES_MAX: usize = 4_096;
/// A wrong password is logged at most once in this time.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// The door.
#[derive(Debug)]
pub(super) struct Access {
    /// None: open on loopback.
    password: Option<Password>,
    tries_max: u64,
    tries: Mutex<Tries>,
}

/// Wrong passwords of late.
#[derive(Debug, Default)]
struct Tries {
    by_address: BTreeMap<IpAddr, Failures>,
    next_log: Timestamp,
    unlogged: u64,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    since: Timestamp,
    count: u64,
}

impl Access {
    /// None if there is no password and others can reach the server.
    pub(super) fn new(settings: &Settings, address: SocketAddr) -> Option<Self> {
        let password = settings.monitor_password.clone();
        let may_be = password.is_some() || address.ip().to_canonical().is_loopback();
        may_be.then(|| Self {
            password,
            tries_max: settings.limits.monitor_tries_max,
            tries: Mutex::default(),
        })
    }

    /// Lets somebody in.
    ///
    /// # Errors
    /// [`MatchmakeError`] with 401 or 429, and what to do.
    pub(super) fn admit(&self, caller: &Caller, now: Timestamp) -> Result<(), MatchmakeError> {
        match &self.password {
            Some(password) => self.check(password, caller, now),
            None if is_here(caller) => Ok(()),
            None => Err(refused(
                "without MONITOR_PASSWORD the monitor is for browsers on this machine only, \
                 past any proxy: set it",
            )),
        }
    }

    fn check(
        &self,
        password: &Password,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), MatchmakeError> {
        // Whoever has not tried has not failed: the page asks so whether it needs a password.
        let Some(tried) = &caller.token else {
            return Err(refused("the monitor wants its password"));
        };
        let address = network(caller.address);
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.recent(address, now) >= self.tries_max {
            let text = "too many wrong passwords: try again in a second".to_owned();
            return Err(MatchmakeError::new(MatchmakeCode::TooManyTries, text));
        }
        if password.is(tried) {
            return Ok(());
        }
        tries.fail(address, now);
        Err(refused("this is not the monitor's password"))
    }
}

impl Tries {
    fn recent(&self, address: IpAddr, now: Timestamp) -> u64 {
        let failures = self.by_address.get(&address);
        let recent = failures.filter(|failures| now.since(failures.since) < WINDOW);
        recent.map_or(0, |failures| failures.count)
    }

    fn fail(&mut self, address: IpAddr, now: Timestamp) {
        if self.recent(address, now) > 0 {
            self.by_address
                .entry(address)
                .and_modify(|failures| failures.count += 1);
        } else {
            self.make_room(address);
            let first = Failures {
                since: now,
                count: 1,
            };
            self.by_address.insert(address, first);
        }
        self.log(address, now);
    }

    fn make_room(&mut self, address: IpAddr) {
        if self.by_address.len() < ADDRESSES_MAX || self.by_address.contains_key(&address) {
            return;
        }
        let oldest = self
            .by_address
            .iter()
            .min_by_key(|(_, failures)| failures.since);
        if let Some(oldest) = oldest.map(|(address, _)| *address) {
            self.by_address.remove(&oldest);
        }
    }

    fn log(&mut self, address: IpAddr, now: Timestamp) {
        self.unlogged += 1;
        if now >= self.next_log {
            let times = std::mem::take(&mut self.unlogged);
            tracing::warn!(%address, times, "wrong password for the monitor");
            self.next_log = now.after(LOG_EVERY);
        }
    }
}

fn refused(text: &str) -> MatchmakeError {
    MatchmakeError::new(MatchmakeCode::PasswordNeeded, text.to_owned())
}

/// Who has an address of IPv6 has a network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

/// Whether a request comes from this machine and from the server's own page. A page of another site
/// in the operator's browser is on this machine too: it says where it comes from, or, if it has
/// bent a name of its own to this address, what it thinks that it talks to.
fn is_here(caller: &Caller) -> bool {
    let is_called_local = caller.host.as_deref().is_some_and(is_loopback_name);
    let from_here = caller.origin.as_deref().is_none_or(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some() && authority == caller.host.as_deref()
    });
    let is_loopback = caller.address.to_canonical().is_loopback();
    is_loopback && is_called_local && from_here && !caller.is_forwarded
}

/// Of a `Host` header, with or without a port.
fn is_loopback_name(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = without_port.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    without_port.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
