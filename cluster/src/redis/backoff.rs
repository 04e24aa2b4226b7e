//! How long to wait before another try to connect.

use std::time::Duration;

use super::settings::RedisLimits;

/// As often as it failed, so many steps, up to a limit; and up to a quarter more by chance, so that
/// many nodes do not come at once.
pub(crate) fn wait(failures: u64, limits: &RedisLimits) -> Duration {
    with_jitter(failures, limits, chance())
}

/// `chance` is any number: all are as likely.
fn with_jitter(failures: u64, limits: &RedisLimits, chance: u32) -> Duration {
    let wait_ms = failures
        .saturating_mul(limits.reconnect_step_ms)
        .min(limits.reconnect_max_ms);
    let more = wait_ms / 4 * u64::from(chance) / u64::from(u32::MAX);
    Duration::from_millis(wait_ms + more)
}

/// Without entropy the waits are all the same, which is no harm.
fn chance() -> u32 {
    getrandom::u32().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{RedisLimits, with_jitter};

    #[test]
    fn the_wait_grows_by_steps_up_to_its_limit() {
        let limits = RedisLimits::default();
        let wait_ms = |failures, chance| with_jitter(failures, &limits, chance).as_millis();
        assert_eq!(
            [0, 1, 2, 3].map(|failures| wait_ms(failures, 0)),
            [0, 50, 100, 150]
        );
        assert_eq!(
            [39, 40, 41, u64::MAX].map(|failures| wait_ms(failures, 0)),
            [1950, 2000, 2000, 2000]
        );
        assert_eq!(
            [1, 40].map(|failures| wait_ms(failures, u32::MAX)),
            [62, 2500]
        );
    }
}
