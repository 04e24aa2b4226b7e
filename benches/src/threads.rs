//! What the threads of a process use, by their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::process::{Process, ProcessError};

/// Processor time of each thread since its start, to the nanosecond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadTimes(BTreeMap<String, Duration>);

impl ThreadTimes {
    /// Reads them.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn of(process: Process) -> Result<Self, ProcessError> {
        let path = format!("/proc/{}/task", process.id());
        let unreadable = |source| ProcessError::Unreadable {
            path: path.clone(),
            source,
        };
        let mut times = BTreeMap::new();
        for task in fs::read_dir(&path).map_err(unreadable)?.flatten() {
            // A thread that has ended meanwhile used nothing worth telling.
            if let Some((name, time)) = read(&task.path()) {
                *times.entry(name).or_default() += time;
            }
        }
        Ok(Self(times))
    }

    /// Of all threads whose name begins so.
    pub fn named(&self, name: &str) -> Duration {
        let threads = self.0.iter();
        threads
            .filter(|(thread, _)| thread.starts_with(name))
            .map(|(_, time)| *time)
            .sum()
    }
}

fn read(task: &Path) -> Option<(String, Duration)> {
    let name = fs::read_to_string(task.join("comm")).ok()?;
    // Time on the core, time waiting for it, turns.
    let times = fs::read_to_string(task.join("schedstat")).ok()?;
    let on_core_ns = times.split_whitespace().next()?.parse().ok()?;
    Some((name.trim().to_owned(), Duration::from_nanos(on_core_ns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_found_by_its_name() {
        let count = || (0..20_000_000u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
        let counted = std::thread::Builder::new().name("counts".to_owned());
        let times = counted.spawn(move || {
            count();
            ThreadTimes::of(Process::new(std::process::id())).unwrap()
        });
        let times = times.unwrap().join().unwrap();
        assert!(times.named("cou") > Duration::ZERO, "{times:?}");
        assert_eq!(times.named("nobody"), Duration::ZERO);
    }
}
