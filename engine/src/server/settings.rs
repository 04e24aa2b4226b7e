//! What an operator decides.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use downbeat_schemas::limits::Limits;

use super::cluster_config::ClusterConfig;

/// The port of a room server when nothing else is said.
pub const DEFAULT_PORT: u16 = 2567;

/// How a node runs. The game itself is in the rooms, not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where clients connect: HTTP and WebSocket on one port. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The cores that shards are pinned to, one shard each.
    pub cpus: CpuChoice,
    /// Host and port at which clients reach this very node, past any load balancer.
    pub public_address: Option<String>,
    /// Whether ticks are measured, and `/metrics` is there. Without, nothing in the log tells of
    /// limits that were hit or ticks that were skipped.
    pub metrics: bool,
    /// What opens `/monitor`. Without, it is there only if the server listens on loopback, and then
    /// open to whoever reaches it.
    pub monitor_password: Option<Password>,
    /// Whether shards run before everything else on their cores: `SCHED_FIFO`.
    pub realtime: bool,
    /// Every maximum.
    pub limits: Limits,
    /// How this node is one of many. None: it is alone.
    pub cluster: Option<ClusterConfig>,
    /// What becomes of ticks that take too long.
    pub capture: CaptureSettings,
    /// Which rooms are recorded.
    pub record: RecordSettings,
}

/// What becomes of ticks that take too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureSettings {
    /// A tick that takes longer is slow: it is counted and logged. Zero: none is.
    pub slow_tick: Duration,
    /// Where slow ticks are captured. None: they are not, and nothing is paid for it.
    pub folder: Option<PathBuf>,
    /// The least time from one capture of the node to the next.
    pub cooldown: Duration,
}

/// Which rooms are recorded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// The names of room types: each room of theirs is recorded from its creation on.
    pub rooms: Vec<String>,
    /// The folder of the recordings.
    pub folder: PathBuf,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self {
            slow_tick: Duration::from_millis(20),
            folder: None,
            cooldown: Duration::from_secs(60),
        }
    }
}

impl Default for RecordSettings {
    fn default() -> Self {
        Self {
            rooms: Vec::new(),
            folder: PathBuf::from("recordings"),
        }
    }
}

/// A secret that an operator chose. It is shown to nobody, not by `Debug` either.
///
/// ```
/// let password: downbeat::Password = "a long one".parse().unwrap();
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// A password that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the monitor's password is empty: write one, or leave it out")]
pub struct EmptyPasswordError;

impl std::str::FromStr for Password {
    type Err = EmptyPasswordError;

    fn from_str(text: &str) -> Result<Self, EmptyPasswordError> {
        match text.is_empty() {
            true => Err(EmptyPasswordError),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl Password {
    /// Whether it is this one. Takes as long for a wrong one, wherever it differs.
    pub(crate) fn is(&self, tried: &str) -> bool {
        let (own, tried) = (self.0.as_bytes(), tried.as_bytes());
        let pairs = own.iter().cycle().zip(tried);
        let difference = pairs.fold(0, |difference, (own, tried)| {
            std::hint::black_box(difference | (own ^ tried))
        });
        difference == 0 && own.len() == tried.len()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Which cores get a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CpuChoice {
    /// Every core that the process may run on.
    #[default]
    All,
    /// The first so many of them.
    First(usize),
    /// Just these, by the kernel's numbers.
    List(Vec<usize>),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), DEFAULT_PORT),
            cpus: CpuChoice::All,
            public_address: None,
            metrics: true,
            monitor_password: None,
            realtime: false,
            limits: Limits::default(),
            cluster: None,
            capture: CaptureSettings::default(),
            record: RecordSettings::default(),
        }
    }
}

/// A list of cores that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no list of cores: write numbers and ranges such as `0,2-5`")]
pub struct ParseCpuListError {
    found: String,
}

/// Reads a list such as `0,2-5`, as `taskset -c` takes it.
///
/// # Errors
/// [`ParseCpuListError`] if it is not one.
///
/// ```
/// use downbeat::CpuChoice;
/// assert_eq!(downbeat::parse_cpu_list("0,2-4"), Ok(CpuChoice::List(vec![0, 2, 3, 4])));
/// ```
pub fn parse_cpu_list(text: &str) -> Result<CpuChoice, ParseCpuListError> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let range = parse_range(part).filter(|range| range.clone().count() <= CPUS_MAX);
        cpus.extend(range.ok_or_else(|| ParseCpuListError {
            found: text.to_owned(),
        })?);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Ok(CpuChoice::List(cpus))
}

/// More cores than any machine has: a typing error must not become a list of billions.
const CPUS_MAX: usize = 4_096;

fn parse_range(part: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_only_itself() {
        let password: Password = "secret".parse().unwrap();
        assert!(password.is("secret"));
        for wrong in [
            "",
            "s",
            "secre",
            "secreT",
            "secrets",
            "secretsecret",
            "xecret",
        ] {
            assert!(!password.is(wrong), "{wrong}");
        }
        assert_eq!("".parse::<Password>(), Err(EmptyPasswordError));
    }

    #[test]
    fn what_is_no_list_of_cores_is_refused() {
        for text in ["", "a", "1-", "3-1", "0,,1", "-1", "0-99999999999"] {
            assert!(parse_cpu_list(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_cpu_list("3, 1,1-2"),
            Ok(CpuChoice::List(vec![1, 2, 3]))
        );
    }
}
