//! The timers of one room.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One timer of a room, for [`Ctx::cancel`](crate::Ctx::cancel). Never used twice in a room.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// use std::time::Duration;
/// use downbeat::{Ctx, Room, TimerId};
///
/// fn start<R: Room<Timer = String>>(ctx: &mut Ctx<R>) -> TimerId {
///     ctx.every(Duration::from_secs(1), "second".to_owned())
/// }
///
/// fn stop<R: Room<Timer = String>>(clock: TimerId, ctx: &mut Ctx<R>) {
///     assert!(ctx.cancel(clock));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId(u64);

/// Timers in the order in which they are due; of two at one moment, the one set first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Timers<T> {
    queue: BTreeMap<(Timestamp, TimerId), Entry<T>>,
    /// Where in the queue a timer is.
    due: BTreeMap<TimerId, Timestamp>,
    next: TimerId,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry<T> {
    timer: T,
    every: Option<Duration>,
}

/// What [`Timers::pop`] may take: the timers set before a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizon {
    now: Timestamp,
    before: TimerId,
}

impl<T: Clone> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self {
            queue: BTreeMap::new(),
            due: BTreeMap::new(),
            next: TimerId(0),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn set(&mut self, due: Timestamp, every: Option<Duration>, timer: T) -> TimerId {
        let id = self.next;
        self.next.0 += 1;
        self.put(due, id, Entry { timer, every });
        id
    }

    pub(crate) fn cancel(&mut self, id: TimerId) -> bool {
        let due = self.due.remove(&id);
        due.is_some_and(|due| self.queue.remove(&(due, id)).is_some())
    }

    /// Timers set from now on wait for the next horizon, so that a timer that sets another one
    /// without delay cannot keep a tick from ending.
    pub(crate) const fn horizon(&self, now: Timestamp) -> Horizon {
        Horizon {
            now,
            before: self.next,
        }
    }

    /// The next due timer. One that repeats is set again, to its first time after `now`: what a
    /// late room missed is not made up.
    pub(crate) fn pop(&mut self, horizon: Horizon) -> Option<T> {
        let first = self.queue.first_entry()?;
        let (due, id) = *first.key();
        if due > horizon.now || id >= horizon.before {
            return None;
        }
        let entry = first.remove();
        self.due.remove(&id);
        let Some(every) = entry.every else {
            return Some(entry.timer);
        };
        let timer = entry.timer.clone();
        self.put(next_after(horizon.now, due, every), id, entry);
        Some(timer)
    }

    fn put(&mut self, due: Timestamp, id: TimerId, entry: Entry<T>) {
        self.queue.insert((due, id), entry);
        self.due.insert(id, due);
    }
}

/// The first of `due`, `due + every`, … that is later than `now`.
fn next_after(now: Timestamp, due: Timestamp, every: Duration) -> Timestamp {
    let every_ns = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX).max(1);
    let periods = now.0.saturating_sub(due.0) / every_ns + 1;
    let delay_ns = periods.saturating_mul(every_ns);
    due.after(Duration::from_nanos(delay_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(ms: u32) -> Timestamp {
        Timestamp(0).after(MS * ms)
    }

    /// What fires at each of `times_ms`.
    fn check(timers: &mut Timers<&'static str>, times_ms: &[u32], expected: &[&[&str]]) {
        for (time_ms, expected) in times_ms.iter().zip(expected) {
            let horizon = timers.horizon(at(*time_ms));
            let fired: Vec<_> = std::iter::from_fn(|| timers.pop(horizon)).collect();
            assert_eq!(&fired, expected, "at {time_ms} ms");
        }
    }

    #[test]
    fn timers_fire_in_the_order_of_their_time_then_of_their_setting() {
        let mut timers = Timers::new();
        timers.set(at(20), None, "late");
        timers.set(at(10), None, "first");
        timers.set(at(10), None, "second");
        check(
            &mut timers,
            &[9, 10, 30],
            &[&[], &["first", "second"], &["late"]],
        );
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn a_repeating_timer_keeps_its_beat_and_makes_nothing_up() {
        let mut timers = Timers::new();
        timers.set(at(10), Some(MS * 10), "beat");
        let times_ms = [10, 15, 20, 75, 79, 80];
        let beat: &[&str] = &["beat"];
        check(&mut timers, &times_ms, &[beat, &[], beat, beat, &[], beat]);
        timers.set(at(80), Some(Duration::ZERO), "flood");
        check(&mut timers, &[80, 90], &[&["flood"], &["flood", "beat"]]);
    }

    #[test]
    fn a_cancelled_timer_does_not_fire() {
        let mut timers = Timers::new();
        let once = timers.set(at(10), None, "once");
        let beat = timers.set(at(10), Some(MS * 10), "beat");
        check(&mut timers, &[10], &[&["once", "beat"]]);
        assert!(timers.cancel(beat));
        assert!(!timers.cancel(beat));
        assert!(!timers.cancel(once));
        check(&mut timers, &[100], &[&[]]);
    }

    #[test]
    fn a_timer_set_while_timers_fire_waits() {
        let mut timers = Timers::new();
        timers.set(at(10), None, "first");
        let horizon = timers.horizon(at(10));
        assert_eq!(timers.pop(horizon), Some("first"));
        timers.set(at(10), None, "second");
        assert_eq!(timers.pop(horizon), None);
        check(&mut timers, &[10], &[&["second"]]);
    }
}
