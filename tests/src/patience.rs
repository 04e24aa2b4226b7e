//! How long a test waits for what must come, and how long its server does.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use downbeat::limits::Limits;

/// Far beyond what anything takes on a machine that is busy with other things: only a test that
/// has failed waits so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often a condition is looked at that announces itself to nobody.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Returns once `condition` holds.
///
/// # Panics
/// If it does not hold within [`PATIENCE`]; `what` says what was waited for.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The outcome of what goes on on other threads.
///
/// # Panics
/// If it does not end within [`PATIENCE`].
pub fn outcome<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    let mut outcome = None;
    eventually("there is an outcome", || {
        if let Poll::Ready(found) = work.as_mut().poll(&mut context) {
            outcome = Some(found);
        }
        outcome.is_some()
    });
    outcome.unwrap()
}

/// Limits of a server under which no client is given up, and no tick left out, because this machine
/// stood still for a while. What a test is about, it sets itself.
pub fn patient_limits() -> Limits {
    Limits {
        header_timeout_ms: 600_000,
        keep_alive_timeout_ms: 600_000,
        ping_interval_ms: 600_000,
        idle_timeout_ms: 600_000,
        seat_reservation_ms: 600_000,
        auth_timeout_ms: 600_000,
        matchmake_timeout_ms: 600_000,
        create_timeout_ms: 600_000,
        catch_up_steps_max: 1_000_000,
        // What an edge has not heard in time is lost to its clients but for the state.
        relay_ring_bytes_max: 256 << 20,
        relay_reorder_bytes_max: 256 << 20,
        relay_silence_ms: 600_000,
        ..Limits::default()
    }
}
