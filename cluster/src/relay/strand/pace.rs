//! A wait that doubles.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// When something is to be tried again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    first: Duration,
    max: Duration,
    wait: Duration,
    due: Timestamp,
}

impl Pace {
    pub(super) const fn new(first: Duration, max: Duration) -> Self {
        Self {
            first,
            max,
            wait: first,
            due: Timestamp::NEVER,
        }
    }

    pub(super) const fn due(&self) -> Timestamp {
        self.due
    }

    /// Nothing is to be tried.
    pub(super) const fn rest(&mut self) {
        (self.wait, self.due) = (self.first, Timestamp::NEVER);
    }

    /// Begins to wait, unless it waits already.
    pub(super) fn start(&mut self, now: Timestamp) {
        if self.due == Timestamp::NEVER {
            self.due = now.after(self.wait);
        }
    }

    /// Is due at once, unless it waits already.
    pub(super) fn start_at_once(&mut self, now: Timestamp) {
        if self.due == Timestamp::NEVER {
            self.due = now;
        }
    }

    /// It was tried, and brought nothing so far.
    pub(super) fn tried(&mut self, now: Timestamp) {
        self.due = now.after(self.wait);
        self.wait = (self.wait * 2).min(self.max);
    }

    /// It brought something: the wait is the first one again.
    pub(super) fn progress(&mut self, now: Timestamp) {
        self.wait = self.first;
        self.due = now.after(self.wait);
    }
}
