//! Deadlines of jobs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};

use downbeat_schemas::time::Timestamp;

use crate::clock::Clock;

/// A job's patience ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Who is to be woken when. Lives on the shard's thread.
#[derive(Debug)]
pub(crate) struct Alarms {
    clock: Clock,
    /// The number tells alarms of the same instant apart.
    set: RefCell<BTreeMap<(Timestamp, u64), Waker>>,
    next: std::cell::Cell<u64>,
}

impl Alarms {
    pub(crate) const fn new(clock: Clock) -> Self {
        Self {
            clock,
            set: RefCell::new(BTreeMap::new()),
            next: std::cell::Cell::new(0),
        }
    }

    /// `future`, given up at `deadline`.
    ///
    /// # Errors
    /// [`Elapsed`] when the deadline came first.
    pub(crate) async fn within<F: Future>(
        &self,
        deadline: Timestamp,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        let number = self.next.get();
        self.next.set(number + 1);
        let alarm = Alarm {
            alarms: self,
            key: (deadline, number),
        };
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            if self.clock.now() >= deadline {
                return Poll::Ready(Err(Elapsed));
            }
            let mut set = self.set.borrow_mut();
            set.insert(alarm.key, cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Wakes whose time has come.
    pub(crate) fn wake_due(&self, now: Timestamp) {
        let mut set = self.set.borrow_mut();
        while let Some(first) = set.first_entry()
            && first.key().0 <= now
        {
            first.remove().wake();
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Timestamp {
        let set = self.set.borrow();
        set.first_key_value()
            .map_or(Timestamp::NEVER, |(key, _)| key.0)
    }
}

/// Takes its waker out of the set when the future ends first.
struct Alarm<'a> {
    alarms: &'a Alarms,
    key: (Timestamp, u64),
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.alarms.set.borrow_mut().remove(&self.key);
    }
}
