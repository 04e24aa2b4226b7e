//! What the kernel knows of this process.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// Read anew for each page. What cannot be read is left out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProcessStats {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) resident_bytes: Option<u64>,
    /// What the process may use: the limit of its control group, else the memory of the machine.
    pub(super) memory_limit_bytes: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) open_files_max: Option<u64>,
    /// Since 1970.
    pub(super) started_at: Option<Duration>,
}

impl ProcessStats {
    /// As of now, for a process that has run for `uptime`.
    pub(super) fn read(uptime: Duration) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        Self {
            cpu_seconds: read("/proc/self/stat").as_deref().and_then(cpu_seconds),
            resident_bytes: read("/proc/self/statm").as_deref().and_then(resident_bytes),
            memory_limit_bytes: group_limit_bytes().or_else(machine_bytes),
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
            open_files_max: getrlimit(Resource::Nofile).current,
            started_at: since_1970.and_then(|now| now.checked_sub(uptime)),
        }
    }
}

/// From the line of `/proc/self/stat`; see proc(5).
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The name of the program stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some((user + system) as f64 / clock_ticks_per_second() as f64)
}

fn resident_bytes(statm: &str) -> Option<u64> {
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

/// Of control groups version 2. Inside a container the own group is the root of what is seen.
fn group_limit_bytes() -> Option<u64> {
    let groups = read("/proc/self/cgroup")?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let own = format!("/sys/fs/cgroup{own}/memory.max");
    let limit = read(&own).or_else(|| read("/sys/fs/cgroup/memory.max"))?;
    // "max" is no limit.
    limit.trim().parse().ok()
}

fn machine_bytes() -> Option<u64> {
    memory_total_bytes(&read("/proc/meminfo")?)
}

fn memory_total_bytes(meminfo: &str) -> Option<u64> {
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1_024)
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 9 9 9";
        let ticks = clock_ticks_per_second() as f64;
        assert_eq!(cpu_seconds(stat), Some(300.0 / ticks));
        assert_eq!(resident_bytes("9 2 1"), Some(2 * page_size() as u64));
        let meminfo = "MemFree: 1 kB\nMemTotal:       2048 kB\n";
        assert_eq!(memory_total_bytes(meminfo), Some(2 << 20));
        for cut in ["", "7 (a", "7 (a) S 1", "x"] {
            assert_eq!((cpu_seconds(cut), resident_bytes(cut)), (None, None));
        }
    }

    #[test]
    fn this_process_is_known() {
        let stats = ProcessStats::read(Duration::from_secs(1));
        assert!(stats.cpu_seconds.is_some() && stats.started_at.is_some());
        assert!(stats.open_files > Some(2) && stats.open_files_max >= stats.open_files);
        assert!(stats.resident_bytes > Some(1 << 20));
        assert!(stats.memory_limit_bytes > stats.resident_bytes);
    }
}
