//! How long a test waits for what must come.

use std::time::{Duration, Instant};

/// Far beyond what anything takes on a machine that is busy with other things: only a test that
/// has failed waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

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
