//! What the machine must offer, asked before anything starts, so that a refusal reads plainly.

use std::collections::BTreeSet;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity};

use super::settings::CpuChoice;

/// Why this machine cannot run the server, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// A core was asked for that the process may not use.
    #[error(
        "core {cpu} is not available to this process (it may use {allowed}): \
         change --cpus, or the container's CPU set"
    )]
    NoSuchCpu {
        /// The core asked for.
        cpu: usize,
        /// What there is, as a list.
        allowed: String,
    },
    /// More shards than cores.
    #[error(
        "{shards} shards need {shards} cores, but this process may use {cores}: \
         lower --shards, or leave it out to use them all"
    )]
    TooManyShards {
        /// Shards asked for.
        shards: usize,
        /// Cores there are.
        cores: usize,
    },
    /// The kernel gives out no io_uring.
    #[error(
        "io_uring is refused ({error}). Downbeat needs Linux 5.11 or newer with io_uring allowed: \
         in a container, run with `--security-opt seccomp=unconfined` or a profile that allows \
         io_uring_setup, io_uring_enter and io_uring_register; on the host, set \
         `sysctl kernel.io_uring_disabled=0`"
    )]
    NoIoUring {
        /// What the kernel said.
        error: io::Error,
    },
    /// Too little memory may be locked.
    #[error(
        "RLIMIT_MEMLOCK is {found_kib} KiB and each shard's ring needs {NEEDED_KIB} KiB: \
         run `ulimit -l {NEEDED_KIB}` (as root or through /etc/security/limits.conf), set \
         `LimitMEMLOCK={NEEDED_KIB}K` in the systemd unit, or pass `--ulimit memlock=-1` to the container"
    )]
    MemlockTooLow {
        /// The limit in force, KiB.
        found_kib: u64,
    },
}

/// What a ring of glommio asks for.
const NEEDED_KIB: u64 = 512;

/// Looks at everything that a start needs of the kernel, the port excepted.
///
/// # Errors
/// [`ProbeError`] names what is missing and how to allow it.
pub(super) fn check_kernel() -> Result<(), ProbeError> {
    raise_soft_limit(Resource::Memlock);
    raise_soft_limit(Resource::Nofile);
    let memlock = getrlimit(Resource::Memlock).current;
    if let Some(bytes) = memlock.filter(|bytes| *bytes < NEEDED_KIB * 1_024) {
        let found_kib = bytes / 1_024;
        return Err(ProbeError::MemlockTooLow { found_kib });
    }
    try_io_uring().map_err(|error| ProbeError::NoIoUring { error })
}

/// The cores to pin shards to.
///
/// # Errors
/// [`ProbeError::NoSuchCpu`] or [`ProbeError::TooManyShards`].
pub(super) fn choose_cpus(choice: &CpuChoice) -> Result<Vec<usize>, ProbeError> {
    let allowed = allowed_cpus();
    match choice {
        CpuChoice::All => Ok(allowed.into_iter().collect()),
        CpuChoice::First(shards) if *shards <= allowed.len() => {
            Ok(allowed.into_iter().take(*shards).collect())
        }
        CpuChoice::First(shards) => Err(ProbeError::TooManyShards {
            shards: *shards,
            cores: allowed.len(),
        }),
        CpuChoice::List(cpus) => match cpus.iter().find(|cpu| !allowed.contains(cpu)) {
            None => Ok(cpus.clone()),
            Some(cpu) => Err(ProbeError::NoSuchCpu {
                cpu: *cpu,
                allowed: format!("{allowed:?}"),
            }),
        },
    }
}

fn allowed_cpus() -> BTreeSet<usize> {
    let set = sched_getaffinity(None).unwrap_or_else(|_| {
        let mut first = CpuSet::new();
        first.set(0);
        first
    });
    (0..CpuSet::MAX_CPU)
        .filter(|cpu| set.is_set(*cpu))
        .collect()
}

/// What an operator may raise without privilege is raised.
fn raise_soft_limit(resource: Resource) {
    let limit = getrlimit(resource);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(resource, raised)
    {
        tracing::debug!(?resource, %error, "limit not raised");
    }
}

fn try_io_uring() -> io::Result<()> {
    io_uring::IoUring::new(8).map(drop)
}
