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
mod tests {
    use super::*;

    fn access(password: Option<&str>, listen: &str) -> Option<Access> {
        let settings = Settings {
            monitor_password: password.map(|password| password.parse().unwrap()),
            ..Settings::default()
        };
        Access::new(&settings, listen.parse().unwrap())
    }

    fn caller() -> Caller {
        Caller {
            token: None,
            address: IpAddr::from([127, 0, 0, 1]),
            origin: None,
            host: Some("localhost:2567".to_owned()),
            is_forwarded: false,
        }
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * 1_000_000)
    }

    #[test]
    fn it_is_off_where_nothing_protects_it() {
        let check = |password, listen, expected: bool| {
            assert_eq!(access(password, listen).is_some(), expected, "{listen}");
        };
        check(None, "[::]:2567", false);
        check(None, "0.0.0.0:2567", false);
        check(None, "192.0.2.1:2567", false);
        check(None, "127.0.0.1:2567", true);
        check(None, "[::1]:2567", true);
        check(None, "[::ffff:127.0.0.1]:2567", true);
        check(Some("secret"), "[::]:2567", true);
    }

    #[test]
    fn without_a_password_it_is_for_its_own_page_on_this_machine() {
        let access = access(None, "127.0.0.1:2567").unwrap();
        let check = |change: &dyn Fn(&mut Caller), expected: bool| {
            let mut caller = caller();
            change(&mut caller);
            let admitted = access.admit(&caller, at(0));
            assert_eq!(admitted.is_ok(), expected, "{caller:?}");
            if let Err(error) = admitted {
                assert_eq!(error.code, MatchmakeCode::PasswordNeeded);
                assert!(error.text.contains("MONITOR_PASSWORD"));
            }
        };
        let host = |caller: &mut Caller, host: &str| caller.host = Some(host.to_owned());
        let origin = |caller: &mut Caller, origin: &str| caller.origin = Some(origin.to_owned());
        check(&|_| {}, true);
        for name in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:2567",
            "[::1]:2567",
            "[::1]",
        ] {
            check(&|caller| host(caller, name), true);
        }
        for name in [
            "evil.example",
            "127.0.0.1.evil.example:80",
            "192.0.2.1:2567",
            "",
        ] {
            check(&|caller| host(caller, name), false);
        }
        check(&|caller| caller.host = None, false);
        check(&|caller| origin(caller, "http://localhost:2567"), true);
        check(&|caller| origin(caller, "https://localhost:2567"), true);
        for other in ["http://localhost:3000", "http://evil.example", "null", ""] {
            check(&|caller| origin(caller, other), false);
        }
        check(&|caller| caller.is_forwarded = true, false);
        check(
            &|caller| caller.address = IpAddr::from([192, 0, 2, 1]),
            false,
        );
    }

    #[test]
    fn wrong_passwords_are_few_per_second_and_address() {
        let access = access(Some("secret"), "[::]:2567").unwrap();
        let code = |token: &str, address: [u8; 4], ms| {
            let caller = Caller {
                token: Some(token.to_owned()),
                address: address.into(),
                ..caller()
            };
            access
                .admit(&caller, at(ms))
                .err()
                .map(|error| error.code.code())
        };
        let (bad, good) = ([192, 0, 2, 1], [192, 0, 2, 2]);
        assert_eq!(code("secret", bad, 0), None);
        for ms in 0..5 {
            assert_eq!(code("wrong", bad, ms), Some(401));
        }
        assert_eq!(code("wrong", bad, 6), Some(429));
        assert_eq!(code("secret", bad, 7), Some(429), "or guessing would go on");
        assert_eq!(code("secret", good, 8), None);
        assert_eq!(code("secret", bad, 1_000), None);
        assert_eq!(access.admit(&caller(), at(9)).unwrap_err().code.code(), 401);
    }

    #[test]
    fn whoever_has_many_addresses_fills_no_memory() {
        let access = access(Some("secret"), "[::]:2567").unwrap();
        for number in 0..100_000u32 {
            let caller = Caller {
                token: Some("wrong".to_owned()),
                address: number.to_be_bytes().into(),
                ..caller()
            };
            assert!(access.admit(&caller, at(u64::from(number))).is_err());
        }
        let tries = access.tries.lock().unwrap();
        assert_eq!(tries.by_address.len(), ADDRESSES_MAX);
        assert!(tries.unlogged > 0, "one line a minute, not one for each");
        let one = network("2001:db8::1".parse().unwrap());
        assert_eq!(one, network("2001:db8::2:3".parse().unwrap()));
    }
}
