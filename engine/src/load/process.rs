//! What a process of this machine uses, from /proc.

use std::io;
use std::path::{Path, PathBuf};

/// `USER_HZ`: the unit of times in /proc, the same on all architectures that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    dir: PathBuf,
}

/// What it has used up to one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Usage {
    pub(crate) cpu: CpuTime,
    pub(crate) rss_kib: u64,
    pub(crate) threads: Vec<ThreadUsage>,
}

/// Seconds of a core.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CpuTime {
    pub(crate) user_s: f64,
    pub(crate) system_s: f64,
}

/// One thread of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThreadUsage {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) cpu: CpuTime,
}

impl Process {
    pub(crate) fn this() -> Self {
        Self {
            dir: "/proc/self".into(),
        }
    }

    pub(crate) fn of(pid: u32) -> Self {
        Self {
            dir: format!("/proc/{pid}").into(),
        }
    }

    /// Reads a handful of small files: a fraction of a millisecond.
    ///
    /// # Errors
    /// There is no such process, or it ended meanwhile.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let status = std::fs::read_to_string(self.dir.join("status"))?;
        let threads = self.dir.join("task").read_dir()?;
        Ok(Usage {
            cpu: read_stat(&self.dir)?.1,
            rss_kib: parse_rss(&status).unwrap_or(0),
            // A thread that ended between the listing and the reading is left out.
            threads: threads
                .filter_map(|entry| read_thread(&entry.ok()?.path()))
                .collect(),
        })
    }
}

impl CpuTime {
    pub(crate) fn total_s(self) -> f64 {
        self.user_s + self.system_s
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            user_s: self.user_s - before.user_s,
            system_s: self.system_s - before.system_s,
        }
    }
}

fn read_thread(dir: &Path) -> Option<ThreadUsage> {
    let id = dir.file_name()?.to_str()?.parse().ok()?;
    let (name, cpu) = read_stat(dir).ok()?;
    Some(ThreadUsage { id, name, cpu })
}

fn read_stat(dir: &Path) -> io::Result<(String, CpuTime)> {
    let stat = std::fs::read_to_string(dir.join("stat"))?;
    parse_stat(&stat).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, stat))
}

/// proc_pid_stat(5): the name in parentheses may hold spaces and parentheses; utime and stime are
/// fields 14 and 15, the 12th and 13th after the name.
fn parse_stat(stat: &str) -> Option<(String, CpuTime)> {
    let (head, fields) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once('(')?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    let mut seconds = || Some(times.next()?.ok()? as f64 / TICKS_PER_SECOND);
    let cpu = CpuTime {
        user_s: seconds()?,
        system_s: seconds()?,
    };
    Some((name.to_owned(), cpu))
}

fn parse_rss(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_whatever_the_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 250 75 0 0 20 0 4 0 99";
        for name in ["downbeat", "shard 0", "a) b (c"] {
            let (found, cpu) = parse_stat(&format!("42 ({name}) {fields}")).unwrap();
            assert_eq!(found, name);
            assert_eq!((cpu.user_s, cpu.system_s), (2.5, 0.75));
        }
        for cut in ["", "42 (x", "42 (x) S 1 2"] {
            assert_eq!(parse_stat(cut), None);
        }
    }

    #[test]
    fn memory_is_found_in_the_status() {
        assert_eq!(
            parse_rss("Name:\tx\nVmRSS:\t   4512 kB\nThreads:\t1\n"),
            Some(4_512)
        );
        assert_eq!(parse_rss("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_has_memory_and_threads() {
        let usage = Process::this().usage().unwrap();
        assert!(usage.rss_kib > 100);
        assert!(!usage.threads.is_empty());
    }
}
