//! How long is waited for what must come.

use std::time::{Duration, Instant};

/// Far beyond what anything takes on a machine that is busy with other things: only a test that
/// has failed waits so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Returns once `condition` holds.
///
/// # Panics
/// If it does not hold within [`PATIENCE`]; `what` says what was waited for.
pub fn eventually(what: &str, condition: impl FnMut() -> bool) {
    assert!(holds_in_time(condition), "waited in vain: {what}");
}

/// Whether `condition` comes to hold within [`PATIENCE`].
pub fn holds_in_time(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    true
}
