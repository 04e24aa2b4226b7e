//! The machine that the load runs on.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// What must stand beside every figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    /// Those that this process may use.
    pub(crate) cores: u32,
}

/// Why the machine cannot carry the load as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MachineError {
    #[error("--cpu {core}: {source}; this process may use {allowed} of the cores")]
    Core {
        core: usize,
        allowed: u32,
        source: io::Error,
    },
    #[error(
        "{needed} open files are needed, the hard limit is {hard}: raise it with \
         `ulimit -Hn {needed}` as root, LimitNOFILE= or --ulimit nofile={needed}, or take fewer \
         --clients"
    )]
    Descriptors { needed: u64, hard: u64 },
}

impl Machine {
    /// Read before the process is pinned.
    pub(crate) fn this() -> Self {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            cpu: cpu_model(&cpus).unwrap_or("unknown").to_owned(),
            kernel: kernel.trim().to_owned(),
            cores: allowed_cores(),
        }
    }
}

/// Keeps this thread on `core`.
pub(crate) fn pin(core: usize) -> Result<(), MachineError> {
    let error = |source| MachineError::Core {
        core,
        allowed: allowed_cores(),
        source,
    };
    if core >= CpuSet::MAX_CPU {
        return Err(error(io::ErrorKind::InvalidInput.into()));
    }
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(|errno| error(errno.into()))
}

/// Raises the soft limit of open files as far as needed.
pub(crate) fn allow_descriptors(needed: u64) -> Result<(), MachineError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None means no limit.
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum,
    };
    let hard = maximum.unwrap_or(u64::MAX);
    if hard < needed || setrlimit(Resource::Nofile, raised).is_err() {
        return Err(MachineError::Descriptors { needed, hard });
    }
    Ok(())
}

/// Open files that this process may have, once it has raised its soft limit.
pub(crate) fn descriptors_max() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

fn allowed_cores() -> u32 {
    sched_getaffinity(None).map_or(1, |set| set.count())
}

/// x86 says `model name`; ARM says nothing of the kind, or `Model` at the end.
pub(crate) fn cpu_model(cpuinfo: &str) -> Option<&str> {
    let value_of = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            (found.trim() == name).then_some(value.trim())
        })
    };
    value_of("model name").or_else(|| value_of("Model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found() {
        let x86 = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(cpu_model(x86), Some("AMD EPYC"));
        assert_eq!(cpu_model("Model\t\t: Pi 5\n"), Some("Pi 5"));
        assert_eq!(cpu_model(""), None);
    }

    #[test]
    fn what_cannot_be_had_is_said_with_the_fix() {
        let error = pin(1 << 20).unwrap_err().to_string();
        assert!(error.contains("--cpu 1048576"), "{error}");
        let error = allow_descriptors(u64::MAX - 1);
        if getrlimit(Resource::Nofile).maximum.is_some() {
            assert!(error.unwrap_err().to_string().contains("--clients"));
        }
    }
}
