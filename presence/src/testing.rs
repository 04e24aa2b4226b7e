//! An embedded presence under a fake clock.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::Presence;

/// A clock that goes on when it is told to.
#[derive(Clone, Debug, Default)]
pub struct FakeClock(Arc<AtomicU64>);

impl FakeClock {
    /// What it shows; at first zero.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Acquire))
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        self.advance_to(self.now().after(time));
    }

    /// It shows this time, if it did not show a later one.
    pub fn advance_to(&self, now: Timestamp) {
        self.0.fetch_max(now.0, Ordering::AcqRel);
    }
}

/// An embedded presence with default limits, and its clock.
pub fn presence() -> (Presence, FakeClock) {
    let clock = FakeClock::default();
    let (limits, shown) = (Limits::default(), clock.clone());
    (Presence::embedded(&limits, move || shown.now()), clock)
}

/// What a future gives that waits for nobody: an embedded presence answers at once.
///
/// ```
/// use downbeat_presence::testing::{answer, presence};
///
/// let (presence, _clock) = presence();
/// assert_eq!(answer(presence.counter("wins").increment(3)), Ok(3));
/// ```
///
/// # Panics
/// If it waits.
pub fn answer<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the future waits for something: an embedded presence does not"),
    }
}
