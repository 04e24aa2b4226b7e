//! The best that this machine does: a thread that sleeps until absolute times, and does nothing
//! else, or as much as a shard of a given load.

use std::hint::black_box;
use std::io;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::thread::{clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::bench::server::times;
use crate::load::{MachineError, pin};

/// Wake-ups to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Floor {
    /// The core to sleep on.
    pub(crate) core: usize,
    /// Wake-ups per second.
    pub(crate) hz: f64,
    pub(crate) length: Duration,
    /// How much of the core it uses up, 0 to 1: at each wake-up its share of work. An idle core
    /// hides what a machine does to a busy one, above all a virtual machine's host.
    pub(crate) load: f64,
}

/// Why the floor is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FloorError {
    #[error(transparent)]
    Core(#[from] MachineError),
    #[error("clock_nanosleep failed: {0}")]
    Sleep(io::Error),
    #[error("the thread that sleeps ended early")]
    Thread,
}

impl Floor {
    /// Sleeps and wakes on a thread of its own; gives the lateness of each wake-up, nanoseconds.
    ///
    /// The schedule is never rebased, as that of a room is not: one late wake-up makes those that
    /// were due meanwhile late too. Ends early, with what there is, once `stop` is set.
    pub(crate) fn measure(self, stop: &AtomicBool) -> Result<Histogram<u64>, FloorError> {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| self.sleep_and_wake(stop));
            thread.join().map_err(|_| FloorError::Thread)?
        })
    }

    fn sleep_and_wake(self, stop: &AtomicBool) -> Result<Histogram<u64>, FloorError> {
        pin(self.core)?;
        // By default the kernel may gather wake-ups of 50 µs. Where it refuses, they show.
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        let work = Work::lasting(Duration::from_secs_f64(self.load / self.hz));
        let mut lateness = times();
        let start = now();
        for number in 1..=self.wake_ups() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let due = start + Duration::from_secs_f64(number as f64 / self.hz);
            sleep_until(due)?;
            let late = now().saturating_sub(due);
            lateness.saturating_record(late.as_nanos() as u64);
            work.run();
        }
        Ok(lateness)
    }

    fn wake_ups(self) -> u64 {
        (self.length.as_secs_f64() * self.hz).ceil() as u64
    }
}

/// Work of a fixed size, as that of a tick: if the machine pauses, it ends later.
#[derive(Clone, Copy, Debug)]
struct Work {
    steps: u64,
}

impl Work {
    /// So much as takes this long if nothing comes in between.
    fn lasting(length: Duration) -> Self {
        const TRIAL: Work = Work { steps: 200_000 };
        const TRIALS: u32 = 50;
        if length.is_zero() {
            return Self { steps: 0 };
        }
        // Whatever comes in between makes a trial longer: the shortest is the true one.
        let trials = (0..TRIALS).map(|_| TRIAL.time());
        let shortest = trials
            .min()
            .unwrap_or_default()
            .max(Duration::from_nanos(1));
        let trials_worth = length.as_secs_f64() / shortest.as_secs_f64();
        Self {
            steps: (trials_worth * TRIAL.steps as f64) as u64,
        }
    }

    fn time(self) -> Duration {
        let start = Instant::now();
        self.run();
        start.elapsed()
    }

    fn run(self) {
        let mut value = 1_u64;
        for step in 0..self.steps {
            value = black_box(value.rotate_left(5) ^ step);
        }
        black_box(value);
    }
}

/// The clock that it sleeps by, since some start.
fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn sleep_until(due: Duration) -> Result<(), FloorError> {
    let until = Timespec {
        tv_sec: due.as_secs() as i64,
        tv_nsec: due.subsec_nanos().into(),
    };
    clock_nanosleep_absolute(ClockId::Monotonic, &until)
        .map_err(|error| FloorError::Sleep(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor() -> Floor {
        let allowed = rustix::thread::sched_getaffinity(None).unwrap();
        Floor {
            core: (0..).find(|core| allowed.is_set(*core)).unwrap(),
            hz: 1_000.0,
            length: Duration::from_millis(50),
            load: 0.1,
        }
    }

    #[test]
    fn each_wake_up_is_counted_unless_it_is_stopped() {
        let go = AtomicBool::new(false);
        assert_eq!(floor().measure(&go).unwrap().len(), 50);
        let stop = AtomicBool::new(true);
        assert!(floor().measure(&stop).unwrap().is_empty());
    }

    #[test]
    fn a_core_that_is_none_is_named() {
        let core = 1 << 20;
        let nowhere = Floor { core, ..floor() };
        let error = nowhere.measure(&AtomicBool::new(false)).unwrap_err();
        assert!(error.to_string().contains("1048576"), "{error}");
    }
}
